import type { Fleet } from '../../../model/fleet.ts'
import { parseSeconds } from '../../../model/quantity.ts'
import { namesOf } from '../names.ts'
import type { Upstream, Vhost } from '../places.ts'
import { hostOfServer } from '../servers.ts'
import { type Line, text, word } from './language.ts'

/** A vhost's name in VCL, which has no hyphens in symbols. */
export function symbol({ name }: Vhost): string {
  return name.replaceAll('-', '_')
}

/** The servers of a vhost, each with the vhost's own question: one that does not answer it is left out. */
export function backends(vhost: Vhost, fleet: Fleet): readonly Line[] {
  return (vhost.upstream?.servers ?? []).map((server, index): Line => {
    const inner: readonly Line[] = [
      [`.host = ${word(hostOfServer(server, fleet))}`],
      [`.port = ${word(String(server.port))}`],
      ...time('.connect_timeout', vhost.limits?.connect),
      ...time('.first_byte_timeout', vhost.limits?.read),
      ...time('.between_bytes_timeout', vhost.limits?.read),
    ]
    return [`backend b_${symbol(vhost)}_${index}`, [...inner, ...question(vhost)]]
  })
}

function time(field: string, wanted: string | undefined): readonly Line[] {
  const seconds = parseSeconds(wanted ?? '')
  return seconds.ok ? [[`${field} = ${seconds.value}s`]] : []
}

/** Begins as healthy: else all would be refused until the first answers are there. */
function question(vhost: Vhost): readonly Line[] {
  if (vhost.probe === undefined) return []
  const { path = '/', expectStatus = [200] } = vhost.probe
  const host = vhost.probe.host ?? namesOf(vhost)[0]?.replace(/^\*?\./, 'reeve-probe.') ?? ''
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close'].map(text)
  const inner: readonly Line[] = [
    [`.request = ${lines.join(' ')}`],
    [`.expected_response = ${expectStatus[0] ?? 200}`],
    ['.interval = 2s'],
    ['.timeout = 2s'],
    ['.window = 3'],
    ['.threshold = 2'],
    ['.initial = 3'],
  ]
  // A block is a value here, and ends without a semicolon.
  return [['.probe =', inner]]
}

/** Who is asked next; spare servers only while all others do not answer the vhost's question. */
export function directors(vhost: Vhost): readonly Line[] {
  const { upstream } = vhost
  if (upstream === undefined) return []
  const own = upstream.servers.map((server, index) => ({ ...server, backend: `b_${symbol(vhost)}_${index}` }))
  const first = own.filter(({ backup }) => !backup)
  const spare = own.filter(({ backup }) => backup)
  const name = `d_${symbol(vhost)}`
  if (spare.length === 0) return director(name, upstream, first)
  return [
    ...director(`${name}_first`, upstream, first),
    ...director(`${name}_spare`, upstream, spare),
    [`new ${name} = directors.fallback()`],
    [`${name}.add_backend(${name}_first.backend(${key(upstream)}))`],
    [`${name}.add_backend(${name}_spare.backend(${key(upstream)}))`],
  ]
}

type Member = Upstream['servers'][number] & { readonly backend: string }

function director(name: string, { balance = 'RoundRobin' }: Upstream, members: readonly Member[]): readonly Line[] {
  const isWeighted = members.some(({ weight = 1 }) => weight !== 1)
  const sort = balance === 'ClientAddress' ? 'hash' : isWeighted ? 'random' : 'round_robin'
  const add = members.map(
    ({ backend, weight = 1 }): Line => [`${name}.add_backend(${backend}${sort === 'round_robin' ? '' : `, ${weight}`})`],
  )
  return [[`new ${name} = directors.${sort}()`], ...add]
}

/** What `backend()` of the vhost's director is asked with. */
export function key({ balance }: Upstream): string {
  return balance === 'ClientAddress' ? 'client.identity' : ''
}
