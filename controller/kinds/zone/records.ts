import { formatIpv4, parseIpv4, parseIpv4Interface, parseIpv6, parseIpv6Interface } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { declaredAddress } from '../../model/placement.ts'
import { isWithin, ownerName, targetName } from './names.ts'
import { nameOfZone, serversOf, type ZoneManifest } from './places.ts'
import { isProblem, type Rdata, readValue, type ZoneRecord } from './rdata.ts'

/** One record as the zone file has it. */
export interface Rr {
  readonly owner: string
  readonly ttl: number
  readonly type: string
  readonly rdata: Rdata
  /** Where it was written; absent for one that was made from something else. */
  readonly index?: number
  readonly value?: number
}

export function ttlOf(record: Pick<ZoneRecord, 'ttl'>, { spec }: ZoneManifest): number {
  return record.ttl ?? spec.ttl ?? 3600
}

/** The records that are written and can be read; what cannot is the check's. */
export function writtenRecords(zone: ZoneManifest): readonly Rr[] {
  const apex = nameOfZone(zone)
  return (zone.spec.records ?? []).flatMap((record, index) => {
    const owner = ownerName(record.name, apex)
    if (!owner.ok) return []
    return record.values.flatMap((one, value): readonly Rr[] => {
      const rdata = readValue(record.type, one, apex)
      return isProblem(rdata) ? [] : [{ owner: owner.value, ttl: ttlOf(record, zone), type: record.type, rdata, index, value }]
    })
  })
}

/** All records of a zone but its SOA: written ones, then what is made from containers, other zones and its own name servers. */
export function recordsOf(zone: ZoneManifest, fleet: Fleet): readonly Rr[] {
  const own = forwardRecords(zone, fleet)
  return [...own, ...unlessWritten(own, reverseRecords(zone, fleet))]
}

function forwardRecords(zone: ZoneManifest, fleet: Fleet): readonly Rr[] {
  const written = writtenRecords(zone)
  const withHosts = [...written, ...unlessWritten(written, [...containerRecords(zone, fleet), ...mailRecords(zone, fleet)])]
  return [...withHosts, ...nameServerRecords(zone, fleet, withHosts)]
}

/** What is written has precedence: for the same name, the same type or an alias. */
function unlessWritten(written: readonly Rr[], made: readonly Rr[]): readonly Rr[] {
  const taken = new Set(written.map(({ owner, type }) => `${owner} ${type}`))
  return made.filter(({ owner, type }) => !taken.has(`${owner} ${type}`) && !taken.has(`${owner} CNAME`))
}

function containerRecords(zone: ZoneManifest, fleet: Fleet): readonly Rr[] {
  const { fromContainers } = zone.spec
  if (fromContainers === undefined) return []
  const wanted = Object.entries(fromContainers.matchLabels ?? {})
  const chosen = fleet.all('Container').filter(({ labels }) => wanted.every(([name, value]) => labels[name] === value))
  return chosen.flatMap((container) => {
    const address = declaredAddress(container)
    const owner = ownerName(container.name, nameOfZone(zone))
    return address !== undefined && owner.ok ? [made(zone, owner.value, 'A', address)] : []
  })
}

/** The first gateway is asked first; the next ones keep the mail while it is down. */
function mailRecords(zone: ZoneManifest, fleet: Fleet): readonly Rr[] {
  const { mailFrom } = zone.spec
  const route = mailFrom && fleet.get('MailRoute', mailFrom.route)
  const apex = nameOfZone(zone)
  return (route?.spec.gateways ?? []).flatMap(({ hostname }, index) => {
    const rdata = readValue('MX', { preference: 10 * (index + 1), exchange: hostname.replace(/\.?$/, '.') }, apex)
    return isProblem(rdata) ? [] : [{ owner: apex, ttl: zone.spec.ttl ?? 3600, type: 'MX', rdata }]
  })
}

function made(zone: ZoneManifest, owner: string, type: string, text: string): Rr {
  return { owner, ttl: zone.spec.ttl ?? 3600, type, rdata: { text, hosts: [] } }
}

/** Names of the zone's NS records, the first of which stands in its SOA. */
export function nameServerNames(zone: ZoneManifest, fleet: Fleet): readonly string[] {
  const apex = nameOfZone(zone)
  const { nameservers, reverseOf } = zone.spec
  if (nameservers !== undefined) return nameservers.flatMap((text) => nameIn(targetName(text, apex)))
  const written = writtenRecords(zone).filter(({ owner, type }) => owner === apex && type === 'NS')
  if (written.length > 0) return written.map(({ rdata }) => rdata.text)
  const [forward] = reverseOf?.zones ?? []
  const other = forward === undefined ? undefined : fleet.get('Zone', forward)
  if (other !== undefined && other.name !== zone.name && other.spec.reverseOf === undefined) return nameServerNames(other, fleet)
  return serversOf(zone, fleet).map(({ name }) => `${name}.${apex}`)
}

function nameIn(name: ReturnType<typeof targetName>): readonly string[] {
  return name.ok ? [name.value] : []
}

/** NS records, and addresses of those that are named after their NameServer. */
function nameServerRecords(zone: ZoneManifest, fleet: Fleet, others: readonly Rr[]): readonly Rr[] {
  const apex = nameOfZone(zone)
  const names = nameServerNames(zone, fleet)
  const isWritten = others.some(({ owner, type }) => owner === apex && type === 'NS')
  const records = isWritten ? [] : names.map((name) => made(zone, apex, 'NS', name))
  const addresses = serversOf(zone, fleet)
    .filter(({ name }) => names.includes(`${name}.${apex}`))
    .flatMap(({ name, address }) => addressRecord(zone, `${name}.${apex}`, address))
  return [...records, ...unlessWritten(others, addresses)]
}

function addressRecord(zone: ZoneManifest, owner: string, address: string): readonly Rr[] {
  if (parseIpv4(address) !== undefined) return [made(zone, owner, 'A', address)]
  const number = parseIpv6(address)
  return number === undefined ? [] : [made(zone, owner, 'AAAA', groups(number).join(':'))]
}

function groups(number: bigint): readonly string[] {
  return Array.from({ length: 8 }, (_, index) => ((number >> BigInt(16 * (7 - index))) & 0xffffn).toString(16))
}

/** A PTR for each address of other zones that lies in the network and has its place in this zone. */
function reverseRecords(zone: ZoneManifest, fleet: Fleet): readonly Rr[] {
  const { reverseOf } = zone.spec
  if (reverseOf === undefined) return []
  const apex = nameOfZone(zone)
  const sources = reverseOf.zones.flatMap((name) => fleet.get('Zone', name) ?? []).filter(({ name }) => name !== zone.name)
  const found = sources.flatMap((source) => forwardRecords(source, fleet)).filter(({ owner }) => !owner.startsWith('*'))
  const pointers = found.flatMap(({ owner, type, rdata }) => {
    const place = reversePlace(type, rdata.text, reverseOf.cidr, apex)
    return place === undefined ? [] : [made(zone, place, 'PTR', owner)]
  })
  return [...new Map(pointers.map((one) => [`${one.owner} ${one.rdata.text}`, one])).values()]
}

function reversePlace(type: string, text: string, cidr: string, apex: string): string | undefined {
  const name = type === 'A' ? reverse4(text, cidr) : type === 'AAAA' ? reverse6(text, cidr) : undefined
  if (name === undefined || isWithin(name, apex)) return name
  // RFC 2317: 5.100.168.192.in-addr.arpa stands as 5.0/26.100.168.192.in-addr.arpa where the zone is a part of a /24.
  const [first = '', ...rest] = name.split('.')
  const [, ...above] = apex.split('.')
  return rest.join('.') === above.join('.') ? `${first}.${apex}` : undefined
}

function reverse4(text: string, cidr: string): string | undefined {
  const [address, network] = [parseIpv4(text), parseIpv4Interface(cidr)]
  if (address === undefined || !network.ok || address < network.value.network || address > network.value.broadcast) return undefined
  return `${formatIpv4(address).split('.').reverse().join('.')}.in-addr.arpa.`
}

function reverse6(text: string, cidr: string): string | undefined {
  const [address, network] = [parseIpv6(text), parseIpv6Interface(cidr)]
  if (address === undefined || !network.ok) return undefined
  const hostBits = BigInt(128 - network.value.prefixLength)
  if ((address >> hostBits) << hostBits !== network.value.network) return undefined
  return `${[...address.toString(16).padStart(32, '0')].reverse().join('.')}.ip6.arpa.`
}
