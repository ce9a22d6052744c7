import type { Fleet } from '../../../model/fleet.ts'
import type { Target } from '../../../model/target.ts'
import { markLine } from '../../../primitives/file/spec.ts'
import { type Generation, generationOf } from '../generation.ts'
import { namesOf } from '../names.ts'
import { commonOwner, listenOf, type ProxyManifest, proxiesOn, type Vhost } from '../places.ts'
import { type Directive, dollar, quoted, render } from './language.ts'
import { logFormats } from './render/log.ts'
import { tlsDirectives } from './render/tls.ts'
import { listenWords, tlsWords, vhostFile } from './render/vhost.ts'
import { wildcardNames } from './render/wildcard.ts'

export interface ProxyFiles {
  readonly files: Readonly<Record<string, string>>
  readonly generation: Generation
}

/** What this Proxy adds to /etc/nginx/reeve, and what all Proxies on its target have in common (equal in each, so that they join). */
export function proxyFiles(proxy: ProxyManifest, target: Target, fleet: Fleet): ProxyFiles {
  const own = Object.fromEntries(proxy.spec.vhosts.map((vhost) => [`vhost-${vhost.name}.conf`, vhostFile(vhost, proxy, fleet)]))
  const shared = sharedFiles(proxiesOn(target, fleet, 'nginx'), fleet)
  const generation = generationOf([proxy.id, own, shared])
  const files = { ...shared, [`02-generation-${proxy.name}.conf`]: generationFile(proxy, generation), ...own }
  const marked = Object.entries(files).map(([name, text]) => {
    const owner = name in shared ? commonOwner : proxy.id
    return [name, `${markLine(fleet.name, owner)}${text}`]
  })
  return { files: Object.fromEntries(marked), generation }
}

function sharedFiles(proxies: readonly ProxyManifest[], fleet: Fleet): Readonly<Record<string, string>> {
  const vhosts = proxies.flatMap(({ spec }) => spec.vhosts)
  const lines = [...new Set(vhosts.flatMap((vhost) => listenWords(listenOf(vhost))))].sort()
  const common = [...mapHashes(vhosts, fleet), ...maps(proxies, fleet), ...logFormats(vhosts), ...hashes(vhosts)]
  return { '00-http.conf': render(common), '01-default.conf': render([refuseStrangers(lines), ...refuseStrangersOfTls(vhosts)]) }
}

function maps(proxies: readonly ProxyManifest[], fleet: Fleet): readonly Directive[] {
  return [
    ['map $http_upgrade $reeve_conn_upgrade', [['default upgrade'], ["'' ''"]]],
    ...(proxies.some((proxy) => writesDollars(proxy, fleet)) ? [['geo $reeve_dollar', [['default "$"']]] as const] : []),
  ]
}

function writesDollars(proxy: ProxyManifest, fleet: Fleet): boolean {
  return (
    JSON.stringify(proxy.spec.vhosts).includes('$') && proxy.spec.vhosts.some((vhost) => vhostFile(vhost, proxy, fleet).includes(dollar))
  )
}

function hashes(vhosts: readonly Vhost[]): readonly Directive[] {
  const longest = Math.max(0, ...vhosts.flatMap(namesOf).map((name) => name.length))
  return longest > 40 ? [[`server_names_hash_bucket_size ${bucketSize(longest)}`]] : []
}

/** Before the first map, which would set it to nginx's default and make this one the second. */
function mapHashes(vhosts: readonly Vhost[], fleet: Fleet): readonly Directive[] {
  const longest = Math.max(0, ...vhosts.flatMap((vhost) => wildcardNames(vhost, fleet)).map(([name]) => name.length))
  return longest > 40 ? [[`map_hash_bucket_size ${bucketSize(longest)}`]] : []
}

/** A bucket holds at least one name with its bookkeeping; nginx's own default of 64 holds 46 octets. */
function bucketSize(longestName: number): number {
  return [128, 256, 512].find((size) => size >= longestName + 32) ?? 512
}

/**
 * The first server of an address and port answers to strangers where none is declared the default: this one closes the connection.
 * It is not itself declared so, for a person's own site may be, and two are an error.
 */
function refuseStrangers(listens: readonly string[], tls?: Vhost['tls']): Directive {
  const inner: readonly Directive[] = [
    ...listens.map((words): Directive => [words]),
    [`server_name ${quoted('refuse.reeve.invalid')}`],
    ...tlsDirectives(tls),
    ['access_log off'],
    ['return 444'],
  ]
  return ['server', inner]
}

/**
 * By TLS too, on each address and port, with the certificate of the first vhost there: nginx does not start without one, and can refuse the
 * handshake itself only from 1.19.4 on (ssl_reject_handshake).
 */
function refuseStrangersOfTls(vhosts: readonly Vhost[]): readonly Directive[] {
  const firsts = new Map<string, Vhost>()
  for (const vhost of vhosts) for (const words of tlsWords(vhost)) if (!firsts.has(words)) firsts.set(words, vhost)
  return [...firsts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([words, { tls }]) => refuseStrangers([words], tls))
}

function generationFile(proxy: ProxyManifest, { id, name }: Generation): string {
  const [first] = proxy.spec.vhosts
  const listens = first ? listenWords(listenOf(first)) : []
  const inner: readonly Directive[] = [
    ...listens.map((words): Directive => [words]),
    [`server_name ${quoted(name)}`],
    ['access_log off'],
    ['default_type text/plain'],
    [`return 200 ${quoted(id)}`],
  ]
  return render([['server', inner]])
}
