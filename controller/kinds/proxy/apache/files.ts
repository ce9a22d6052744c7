import type { Fleet } from '../../../model/fleet.ts'
import type { Target } from '../../../model/target.ts'
import { markLine } from '../../../primitives/file/spec.ts'
import { type Generation, generationOf } from '../generation.ts'
import { commonOwner, type ProxyManifest, proxiesOn, type Vhost } from '../places.ts'
import { plainWords, tlsWords } from '../sockets.ts'
import { answer } from './content.ts'
import { type Directive, defineDollar, quoted, render } from './language.ts'
import { listenLines } from './listen.ts'
import { tlsDirectives } from './tls.ts'
import { vhostFiles } from './vhost.ts'

export interface ApacheFiles {
  readonly files: Readonly<Record<string, string>>
  readonly generation: Generation
}

/** What this Proxy adds to /etc/apache2/reeve, and what all on its target have in common (equal in each, so that they join). */
export function apacheFiles(proxy: ProxyManifest, target: Target, fleet: Fleet): ApacheFiles {
  const own = Object.assign({}, ...proxy.spec.vhosts.map((vhost) => vhostFiles(vhost, proxy, fleet))) as Readonly<Record<string, string>>
  const shared = sharedFiles(proxiesOn(target, fleet, 'apache').flatMap(({ spec }) => spec.vhosts))
  const generation = generationOf([proxy.id, own, shared])
  const files = { ...shared, [`03-generation-${proxy.name}.conf`]: generationFile(proxy, generation), ...own }
  const marked = Object.entries(files).map(([name, text]) => {
    const owner = name in shared ? commonOwner : proxy.id
    return [name, `${markLine(fleet.name, owner)}${text}`]
  })
  return { files: Object.fromEntries(marked), generation }
}

function sharedFiles(vhosts: readonly Vhost[]): Readonly<Record<string, string>> {
  return {
    '00-common.conf': render([defineDollar, ...listenLines(vhosts).map((line): Directive => [line])]),
    '01-strangers.conf': render(strangers(vhosts)),
  }
}

/** The first vhost of an address and port answers to all other names: this one says 404, by TLS with the certificate of the first vhost there. */
function strangers(vhosts: readonly Vhost[]): readonly Directive[] {
  const defaults = new Set(vhosts.filter((vhost) => vhost.default).flatMap((vhost) => [...plainWords(vhost), ...tlsWords(vhost)]))
  const firsts = new Map<string, Vhost['tls']>()
  for (const vhost of vhosts) {
    for (const word of plainWords(vhost)) firsts.set(word, undefined)
    for (const word of tlsWords(vhost)) if (!firsts.has(word)) firsts.set(word, vhost.tls)
  }
  const open = [...firsts].filter(([word]) => !defaults.has(word)).sort(([one], [other]) => (one < other ? -1 : 1))
  return open.map(([word, tls]) => [`VirtualHost ${word}`, [['ServerName refuse.reeve.invalid'], ...tlsDirectives(tls), ...answer(404)]])
}

/** A text of its own for the status is all that httpd answers without a file. */
function generationFile({ spec }: ProxyManifest, { id, name }: Generation): string {
  const [first] = spec.vhosts
  const words = first ? plainWords(first).join(' ') : ''
  return render([[`VirtualHost ${words}`, [[`ServerName ${name}`], [`ErrorDocument 404 ${quoted(id)}`], ...answer(404)]]])
}
