import type { Fleet } from '../../model/fleet.ts'
import type { RecordSet, StartOfZone } from '../../primitives/dnsRecords/spec.ts'
import { compareNames, isHostName, mailName } from './names.ts'
import { nameOfZone, type ZoneManifest } from './places.ts'
import { nameServerNames, type Rr, recordsOf } from './records.ts'

/** A zone file without its serial, which is a line of its own between these two. */
export interface ZoneText {
  readonly before: string
  readonly after: string
}

/** All names absolute and in order, nothing that depends on the time: the same records give the same bytes. */
export function zoneText(zone: ZoneManifest, fleet: Fleet): ZoneText {
  const apex = nameOfZone(zone)
  const { ttl = 3600, soa = {} } = zone.spec
  const { refresh = 3600, retry = 900, expire = 1_209_600, minimum = 300 } = soa
  const [master = apex] = nameServerNames(zone, fleet)
  const before = `$TTL ${ttl}\n${apex} ${ttl} IN SOA ${master} ${responsible(zone)} (\n`
  return { before, after: `${refresh} ${retry} ${expire} ${minimum} )\n${recordLines(recordsOf(zone, fleet)).join('')}` }
}

/** The same for a zone that others update: set by set, and its SOA without the serial. */
export function zoneSets(zone: ZoneManifest, fleet: Fleet): { readonly soa: StartOfZone; readonly sets: readonly RecordSet[] } {
  const apex = nameOfZone(zone)
  const { ttl = 3600, soa = {} } = zone.spec
  const { refresh = 3600, retry = 900, expire = 1_209_600, minimum = 300 } = soa
  const [master = apex] = nameServerNames(zone, fleet)
  const sets = [...Map.groupBy(recordsOf(zone, fleet), ({ owner, type }) => `${owner} ${type}`).values()]
  return {
    soa: { ttl, names: [master, responsible(zone)], times: [refresh, retry, expire, minimum] },
    sets: sets.flatMap((set) => {
      const [first] = set
      return first === undefined
        ? []
        : [{ name: first.owner, type: first.type, ttl: first.ttl, values: set.map(({ rdata }) => rdata.text).sort() }]
    }),
  }
}

/** Of a zone whose own name is no host's (RFC 2317, `_msdcs`), the one above: named takes no other in a SOA. */
function responsible(zone: ZoneManifest): string {
  const written = zone.spec.soa?.rname === undefined ? undefined : mailName(zone.spec.soa.rname)
  if (written?.ok) return written.value
  let domain = nameOfZone(zone)
  while (!isHostName(domain) && domain.includes('.')) domain = domain.slice(domain.indexOf('.') + 1)
  return `hostmaster.${domain}`
}

/** One line a record, in the order of RFC 4034 6. */
export function recordLines(records: readonly Rr[]): readonly string[] {
  const sorted = [...records].sort((one, other) => compareNames(one.owner, other.owner) || compareText(sortKey(one), sortKey(other)))
  return sorted.map(({ owner, ttl, type, rdata }) => `${owner} ${ttl} IN ${type} ${rdata.text}\n`)
}

function sortKey({ type, rdata }: Rr): string {
  return `${type === 'NS' ? ' ' : ''}${type} ${rdata.text}`
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}
