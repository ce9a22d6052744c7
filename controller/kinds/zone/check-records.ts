import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { isHostName, isHostOwner, isWithin, ownerName } from './names.ts'
import { nameOfZone, type ZoneManifest } from './places.ts'
import { isProblem, readValue, typeProblem, type ZoneRecord } from './rdata.ts'

const largestTtl = 2 ** 31 - 1

/** Each record for itself. */
export function checkRecords(zone: ZoneManifest): readonly Diagnostic[] {
  const apex = nameOfZone(zone)
  return (zone.spec.records ?? []).flatMap((record, index) => checkRecord(zone, record, `spec.records[${index}]`, apex))
}

function checkRecord(zone: ZoneManifest, record: ZoneRecord, at: string, apex: string): readonly Diagnostic[] {
  const type = typeProblem(record.type)
  if (type !== undefined) return [complain(zone, `${at}.type`, type)]
  return [
    ...checkOwner(zone, record, `${at}.name`, apex),
    ...checkTtl(zone, record.ttl, `${at}.ttl`),
    ...record.values.flatMap((_, value) => checkValue(zone, record, value, `${at}.values[${value}]`, apex)),
  ]
}

/** Of all types, these own only hosts: named refuses the whole zone, and named-checkzone does not say so (check-names of named.conf(5)). */
const ownedByHosts = ['A', 'AAAA', 'MX']

function checkOwner(zone: ZoneManifest, { name, type }: ZoneRecord, at: string, apex: string): readonly Diagnostic[] {
  const owner = ownerName(name, apex)
  if (!owner.ok) return [complain(zone, at, owner.reason)]
  const isWildcard = owner.value.startsWith('*.')
  if (isWildcard && (type === 'NS' || type === 'DNAME')) return [complain(zone, at, `${type} cannot stand at a wildcard (RFC 4592 4)`)]
  if (!ownedByHosts.includes(type) || isHostOwner(owner.value)) return []
  if (owner.value.includes('_')) return [complain(zone, at, 'host names may not contain "_"; named refuses the zone')]
  return [complain(zone, at, `${owner.value} is no host name; named refuses the zone`)]
}

export function checkTtl(zone: ZoneManifest, ttl: number | undefined, at: string): readonly Diagnostic[] {
  return ttl === undefined || (ttl >= 0 && ttl <= largestTtl) ? [] : [complain(zone, at, `ttl must be 0…${largestTtl}`)]
}

function checkValue(zone: ZoneManifest, record: ZoneRecord, index: number, at: string, apex: string): readonly Diagnostic[] {
  const value = record.values[index]
  if (value === undefined) return []
  const read = readValue(record.type, value, apex)
  if (isProblem(read)) return [complain(zone, read.field === undefined ? at : `${at}.${read.field}`, read.problem)]
  if (record.type === 'PTR' && /\.(in-addr|ip6)\.arpa\.$/.test(`.${apex}`) && !isHostName(read.text))
    return [complain(zone, at, `${read.text} is no host name; named refuses the zone`)]
  if (record.type === 'PTR' && isWithin(read.text, apex) && /\.(in-addr|ip6)\.arpa\.$/.test(`.${apex}`))
    return [complain(zone, at, `${read.text} lies in the reverse zone itself`, 'write the whole name with a dot at its end')]
  return record.type === 'TXT' && typeof value === 'string' && /^".*"$/s.test(value) ? [quotes(zone, at)] : []
}

function quotes(zone: ZoneManifest, at: string): Diagnostic {
  const summary = 'value starts and ends with a quote; quotes would be part of the data'
  return { ...complain(zone, at, summary, 'leave them out: Reeve writes those of the zone file'), severity: 'warning' }
}
