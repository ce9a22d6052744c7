import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { isWithin, shortName } from './names.ts'
import { nameOfZone, type ZoneManifest } from './places.ts'
import { type Rr, recordsOf } from './records.ts'

/** The zone's records, found by their owners. */
interface Found {
  readonly zone: ZoneManifest
  readonly apex: string
  readonly all: readonly Rr[]
  readonly byOwner: ReadonlyMap<string, readonly Rr[]>
  /** By their owners: names below the apex that are handed to other servers, and names whose descendants are elsewhere. */
  readonly cuts: ReadonlyMap<string, Rr>
  /** Owners, and all names above them: those exist, too (RFC 4592 2.2.2). */
  readonly names: ReadonlySet<string>
}

/** What records are to each other; BIND says nothing of most of it (named-checkzone(8) ends with 0). */
export function checkSets(zone: ZoneManifest, fleet: Fleet): readonly Diagnostic[] {
  const found = find(zone, fleet)
  const owners = [...found.byOwner.keys()]
  return [
    ...owners.flatMap((owner) => checkAliases(found, owner)),
    ...owners.flatMap((owner) => checkOneSet(found, owner)),
    ...checkDuplicates(found),
    ...checkBelowCuts(found),
    ...found.all.flatMap((rr) => checkTargets(found, rr)),
  ]
}

function find(zone: ZoneManifest, fleet: Fleet): Found {
  const all = recordsOf(zone, fleet)
  const apex = nameOfZone(zone)
  const cuts = all.filter(({ owner, type }) => (type === 'NS' && owner !== apex) || type === 'DNAME')
  return {
    zone,
    apex,
    all,
    byOwner: Map.groupBy(all, ({ owner }) => owner),
    cuts: new Map(cuts.map((one) => [one.owner, one])),
    names: new Set(all.flatMap(({ owner }) => above(owner, apex))),
  }
}

/** The name and those above it as far as the zone, itself first. A zone may have tens of thousands of names: nothing here compares each with each. */
function above(name: string, apex: string): readonly string[] {
  if (!isWithin(name, apex)) return []
  const names = [name]
  for (let at = name; at !== apex; names.push(at)) at = at.slice(at.indexOf('.') + 1)
  return names
}

/** The highest delegation or DNAME that the name lies at or below. */
function cutOf({ cuts, apex }: Found, name: string): Rr | undefined {
  if (cuts.size === 0) return undefined
  return above(name, apex)
    .flatMap((one) => cuts.get(one) ?? [])
    .at(-1)
}

/** Where a record was written. */
function placeOf({ index, value }: Rr, field = ''): string {
  if (index === undefined) return 'spec'
  return `spec.records[${index}]${value === undefined ? '' : `.values[${value}]`}${field === '' ? '' : `.${field}`}`
}

function listed(records: readonly Rr[]): string {
  const indices = [...new Set(records.flatMap(({ index }) => index ?? []))].sort((one, other) => one - other)
  return indices.map((index) => `records[${index}]`).join(', ')
}

function checkAliases({ zone, apex, byOwner }: Found, owner: string): readonly Diagnostic[] {
  const here = byOwner.get(owner) ?? []
  const aliases = here.filter(({ type }) => type === 'CNAME')
  const [first, second] = aliases
  if (first === undefined) return []
  const name = shortName(owner, apex)
  if (owner === apex)
    return [complain(zone, placeOf(first), `${name}: CNAME cannot stand at the zone itself, which has SOA and NS`, 'write A and AAAA')]
  const other = here.find(({ type }) => type !== 'CNAME')
  if (other !== undefined) {
    const both = [first, other].filter(({ index }) => index !== undefined)
    return [complain(zone, placeOf(first), `${name}: CNAME cannot coexist with ${other.type} (${listed(both)})`)]
  }
  return second === undefined ? [] : [complain(zone, placeOf(second), `${name}: CNAME has ${aliases.length} values; only one can be`)]
}

/** max-records-per-type of named.conf(5), since 9.18.28: a zone with more is not loaded, and no checker says so. */
const mostOfOneSet = 100

/** Records of one name and type are one set, with one time to live (RFC 2181 5.2). */
function checkOneSet({ zone, apex, byOwner }: Found, owner: string): readonly Diagnostic[] {
  const sets = Map.groupBy(byOwner.get(owner) ?? [], ({ type }) => type)
  return [...sets].flatMap(([type, set]) => {
    const ttls = [...new Set(set.map(({ ttl }) => ttl))]
    const odd = set.find(({ ttl }) => ttl !== ttls[0])
    if (odd !== undefined)
      return [complain(zone, placeOf(odd), `${type} ${shortName(owner, apex)} has two TTLs (${ttls.slice(0, 2).join(', ')})`)]
    const beyond = set[mostOfOneSet]
    if (beyond !== undefined)
      return [
        complain(
          zone,
          placeOf(beyond),
          `${type} ${shortName(owner, apex)} has ${set.length} values; named takes ${mostOfOneSet} (max-records-per-type)`,
        ),
      ]
    const isNull = type === 'MX' && set.length > 1 && set.find(({ rdata }) => rdata.text === '0 .')
    if (isNull)
      return [complain(zone, placeOf(isNull), `a null MX stands alone, and ${shortName(owner, apex)} has ${set.length} MX (RFC 7505 3)`)]
    const second = type === 'DNAME' ? set[1] : undefined
    return second === undefined
      ? []
      : [complain(zone, placeOf(second), `${shortName(owner, apex)}: DNAME has ${set.length} values; only one can be`)]
  })
}

function checkDuplicates({ zone, apex, all }: Found): readonly Diagnostic[] {
  const seen = new Map<string, Rr>()
  return all.flatMap((rr) => {
    const key = `${rr.owner} ${rr.type} ${rr.rdata.text}`
    const first = seen.get(key)
    seen.set(key, first ?? rr)
    if (first === undefined) return []
    return [complain(zone, placeOf(rr), `${rr.type} ${shortName(rr.owner, apex)} is written twice (${placeOf(first)})`)]
  })
}

/** Below a delegation only addresses of its servers mean anything, below a DNAME nothing (RFC 6672 2.4). */
function checkBelowCuts(found: Found): readonly Diagnostic[] {
  const { zone, apex, all } = found
  return all.flatMap((rr) => {
    const cut = cutOf(found, rr.owner)
    if (cut === undefined || isOfParent(rr, cut) || isGlue(found, rr, cut)) return []
    const what = cut.type === 'NS' ? 'the delegation' : 'the DNAME'
    const name = shortName(rr.owner, apex)
    return [
      complain(
        zone,
        placeOf(rr),
        `${rr.type} ${name} lies below ${what} ${shortName(cut.owner, apex)} (${listed([cut])}): nobody would see it`,
      ),
    ]
  })
}

function isOfParent({ owner, type }: Rr, cut: Rr): boolean {
  return owner === cut.owner && (cut.type === 'DNAME' || type === 'NS' || type === 'DS')
}

function isGlue({ byOwner }: Found, { owner, type }: Rr, cut: Rr): boolean {
  if (cut.type !== 'NS' || (type !== 'A' && type !== 'AAAA')) return false
  return (byOwner.get(cut.owner) ?? []).some((one) => one.type === 'NS' && one.rdata.text === owner)
}

function checkTargets(found: Found, rr: Rr): readonly Diagnostic[] {
  const { zone, apex } = found
  if (rr.type === 'CNAME') return checkAliasTarget(found, rr)
  return rr.rdata.hosts.flatMap(({ name, field }) => {
    if (!isWithin(name, apex)) return []
    const at = placeOf(rr, field)
    const cut = cutOf(found, name)
    if (cut !== undefined && !(rr.type === 'NS' && rr.owner === cut.owner)) return []
    if (has(found, name, ['CNAME'])) return [complain(zone, at, `${rr.type} target ${name} is a CNAME (RFC 2181 10.3)`)]
    if (has(found, name, ['A', 'AAAA'])) return []
    const hint = rr.type === 'NS' && rr.owner !== apex ? 'the delegation needs it as glue' : undefined
    return [complain(zone, at, `${rr.type} target ${name} has no address in this zone`, hint)]
  })
}

function checkAliasTarget(found: Found, rr: Rr): readonly Diagnostic[] {
  const { zone, apex, names } = found
  const name = rr.rdata.text
  if (!isWithin(name, apex) || cutOf(found, name) !== undefined) return []
  if (name === rr.owner) return [complain(zone, placeOf(rr), `CNAME ${shortName(rr.owner, apex)} names itself`)]
  const isThere = names.has(name) || wildcardOf(found, name) !== undefined
  return isThere ? [] : [complain(zone, placeOf(rr), `CNAME target ${name} does not exist in this zone`)]
}

function has(found: Found, name: string, types: readonly string[]): boolean {
  const records = found.byOwner.get(name) ?? (found.names.has(name) ? [] : wildcardOf(found, name)) ?? []
  return records.some(({ type }) => types.includes(type))
}

/** What a wildcard says for a name that does not exist (RFC 4592 3.3). */
function wildcardOf({ apex, byOwner }: Found, name: string): readonly Rr[] | undefined {
  let above = name
  while (above !== apex) {
    above = above.slice(above.indexOf('.') + 1)
    const wildcard = byOwner.get(`*.${above}`)
    if (wildcard !== undefined || byOwner.has(above)) return wildcard
  }
  return undefined
}
