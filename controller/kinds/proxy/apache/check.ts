import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import type { Location, ProxyManifest, Vhost } from '../places.ts'

const range = (first: number, last: number): readonly number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index)
/** Those of errors that httpd 2.4 takes (its status_lines); it ends where it reads another one. */
const statuses: ReadonlySet<number> = new Set([
  ...range(400, 417),
  ...range(421, 424),
  426,
  428,
  429,
  431,
  451,
  ...range(500, 508),
  510,
  511,
])

/** What httpd cannot take, beside whole fields. */
export function check(proxy: ProxyManifest): readonly Diagnostic[] {
  return proxy.spec.vhosts.flatMap((vhost, index) => checkVhost(proxy, vhost, `spec.vhosts[${index}]`))
}

function checkVhost(proxy: ProxyManifest, vhost: Vhost, at: string): readonly Diagnostic[] {
  const { wildcard, limits, locations = [] } = vhost
  return [
    ...checkPart(proxy, vhost, at),
    ...locations.flatMap((location, index) => checkPart(proxy, location, `${at}.locations[${index}]`)),
    ...(wildcard !== undefined && limits?.connect !== undefined
      ? [complain(proxy, `${at}.limits.connect`, 'apache has no time to connect for servers that it finds by name', 'take it out')]
      : []),
  ]
}

function checkPart(proxy: ProxyManifest, part: Vhost | Location, at: string): readonly Diagnostic[] {
  const { upstream, respond, headers } = part
  const heavy = (upstream?.servers ?? []).flatMap(({ weight = 1 }, index) =>
    weight <= 100
      ? []
      : [complain(proxy, `${at}.upstream.servers[${index}].weight`, `${weight} is more than 100, the most that apache takes`)],
  )
  const good = respond !== undefined && respond.status < 400 ? [respond.status] : []
  const unknown = respond !== undefined && respond.status >= 400 && !statuses.has(respond.status) ? [respond.status] : []
  return [
    ...heavy,
    ...good.map((status) =>
      complain(proxy, `${at}.respond.status`, `apache answers ${status} with a file or an upstream, never by itself`, 'write 400 or more'),
    ),
    ...unknown.map((status) =>
      complain(proxy, `${at}.respond.status`, `${status} is no status that apache knows: it would refuse to start`),
    ),
    ...expressions(proxy, headers?.set, `${at}.headers.set`),
    ...expressions(proxy, headers?.request, `${at}.headers.request`),
  ]
}

/** mod_headers would evaluate it, and no quoting stops that. */
function expressions(proxy: ProxyManifest, values: Readonly<Record<string, string | undefined>> | undefined, at: string) {
  return Object.entries(values ?? {}).flatMap(([name, value]) => {
    const path = `${at}[${JSON.stringify(name)}]`
    return value?.toLowerCase().startsWith('expr=')
      ? [complain(proxy, path, 'a value that begins with expr= is an expression to apache')]
      : []
  })
}
