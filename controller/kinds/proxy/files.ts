import { createHash } from 'node:crypto'
import type { Fleet } from '../../model/fleet.ts'
import type { Target } from '../../model/target.ts'
import { type Directive, quoted, render } from './nginx.ts'
import { listenOf, listenWords, type ProxyManifest, proxiesOn } from './places.ts'
import { namesOf, vhostFile } from './vhost.ts'

/** Name of a server that only this content of this manifest has: who hears it answer knows that nginx has loaded it. */
export interface Generation {
  readonly name: string
  readonly id: string
}

export interface ProxyFiles {
  readonly files: Readonly<Record<string, string>>
  readonly generation: Generation
}

/** What this Proxy adds to /etc/nginx/reeve, and what all Proxies on its target have in common (equal in each, so that they join). */
export function proxyFiles(proxy: ProxyManifest, target: Target, fleet: Fleet): ProxyFiles {
  const own = Object.fromEntries(proxy.spec.vhosts.map((vhost) => [`vhost-${vhost.name}.conf`, vhostFile(vhost, fleet)]))
  const shared = sharedFiles(proxiesOn(target, fleet))
  const id = createHash('sha256')
    .update(JSON.stringify([proxy.id, own, shared]))
    .digest('hex')
    .slice(0, 12)
  const generation = { id, name: `g-${id}.reeve.invalid` }
  const files = { ...shared, [`02-generation-${proxy.name}.conf`]: generationFile(proxy, generation), ...own }
  const marked = Object.entries(files).map(([name, text]) => {
    const owner = name in shared ? 'all Proxies of this target' : proxy.id
    return [name, `# Managed by Reeve, fleet ${fleet.name}, ${owner}\n${text}`]
  })
  return { files: Object.fromEntries(marked), generation }
}

function sharedFiles(proxies: readonly ProxyManifest[]): Readonly<Record<string, string>> {
  const vhosts = proxies.flatMap(({ spec }) => spec.vhosts)
  const longest = Math.max(0, ...vhosts.flatMap(namesOf).map((name) => name.length))
  const lines = [...new Set(vhosts.flatMap((vhost) => listenWords(listenOf(vhost))))].sort()
  return { '00-http.conf': render(common(longest)), '01-default.conf': render(refuseStrangers(lines)) }
}

function common(longestName: number): readonly Directive[] {
  return [
    ['map $http_upgrade $reeve_conn_upgrade', [['default upgrade'], ["'' ''"]]],
    ['geo $reeve_dollar', [['default "$"']]],
    ...(longestName > 40 ? [[`server_names_hash_bucket_size ${bucketSize(longestName)}`] as const] : []),
  ]
}

/** A bucket holds at least one name with its bookkeeping; nginx's own default of 64 holds 46 octets. */
function bucketSize(longestName: number): number {
  return [128, 256, 512].find((size) => size >= longestName + 32) ?? 512
}

/**
 * The first server of an address and port answers to strangers where none is declared the default: this one closes the connection.
 * It is not itself declared so, for a person's own site may be, and two are an error.
 */
function refuseStrangers(listens: readonly string[]): readonly Directive[] {
  const inner: readonly Directive[] = [
    ...listens.map((words): Directive => [words]),
    [`server_name ${quoted('refuse.reeve.invalid')}`],
    ['access_log off'],
    ['return 444'],
  ]
  return [['server', inner]]
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
