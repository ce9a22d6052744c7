import { isIpAddress, parseIpv4Interface, parseIpv6Interface } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { checkMail } from './check-mail.ts'
import { checkRecords, checkTtl } from './check-records.ts'
import { checkSets } from './check-sets.ts'
import { checkUpdates } from './check-updates.ts'
import { isHostName, mailName, targetName, zoneName } from './names.ts'
import { nameOfZone, serversOf, type ZoneManifest } from './places.ts'
import { nameServerNames, recordsOf } from './records.ts'

/** What the schema cannot say of a zone. */
export function check(zone: ZoneManifest, fleet: Fleet): readonly Diagnostic[] {
  const name = zoneName(zone.spec.name)
  if (!name.ok) return [complain(zone, 'spec.name', name.reason)]
  if (name.value.startsWith('*.'))
    return [complain(zone, 'spec.name', 'a zone cannot be a wildcard', 'leave *. out, and give the zone a record whose name is *')]
  const own = [
    ...checkTtl(zone, zone.spec.ttl, 'spec.ttl'),
    ...checkServers(zone),
    ...checkCatalog(zone, fleet),
    ...checkReset(zone),
    ...checkAddresses(zone),
    ...checkNames(zone, fleet),
    ...checkSoa(zone),
    ...checkReverse(zone),
    ...checkRecords(zone),
  ]
  // Records that cannot be read would be missed by others, and that is not worth a second word.
  const isReadable = own.every(({ severity }) => severity === 'warning')
  return isReadable
    ? [...own, ...checkEmpty(zone, fleet), ...checkSets(zone, fleet), ...checkMail(zone, fleet), ...checkUpdates(zone, fleet)]
    : own
}

/** That each of them is there, has an address and a target of its own, is for its NameServer's own check and claims. */
function checkServers(zone: ZoneManifest): readonly Diagnostic[] {
  const { primary, secondaries = [] } = zone.spec
  return secondaries.flatMap((name, index) => {
    const path = `spec.secondaries[${index}]`
    if (name === primary) return [complain(zone, path, `${name} is the primary; it cannot be a secondary too`)]
    return secondaries.indexOf(name) < index ? [complain(zone, path, `${name} is named twice`, 'leave one out')] : []
  })
}

/** Only where each step can be seen on every server, and where the serial is ours to choose. */
function checkReset(zone: ZoneManifest): readonly Diagnostic[] {
  const { serialReset, serial, alsoNotify = [], dnssec, mode } = zone.spec
  if (!serialReset) return []
  const at = 'spec.serialReset'
  return [
    ...(serial === 'counter' ? [complain(zone, at, 'a counter has nothing to come back to', 'set serial: dateserial or unixtime')] : []),
    ...(alsoNotify.length > 0
      ? [complain(zone, at, 'servers of others (alsoNotify) cannot be seen to follow', 'leave them out until it is done')]
      : []),
    ...(mode === 'Dynamic' || (dnssec?.policy ?? 'none') !== 'none'
      ? [complain(zone, at, 'BIND counts the serial of a signed or Dynamic zone itself', 'leave serialReset out')]
      : []),
  ]
}

/** A catalog is made of the zones that are there: one whose manifest goes is dropped by secondaries at once. */
function checkCatalog(zone: ZoneManifest, fleet: Fleet): readonly Diagnostic[] {
  const { primary, secondaries = [], deletionPolicy } = zone.spec
  if (deletionPolicy === 'Delete' || secondaries.length === 0) return []
  if (fleet.get('NameServer', primary)?.spec.secondaryVia !== 'Catalog') return []
  const summary = `secondaries know it by the catalog of ${primary}, which it leaves with its manifest: its deletionPolicy cannot be Retain`
  return [complain(zone, 'spec.secondaries', summary, 'set deletionPolicy: Delete')]
}

function checkAddresses(zone: ZoneManifest): readonly Diagnostic[] {
  return (zone.spec.alsoNotify ?? []).flatMap((text, index) =>
    isIpAddress(text) ? [] : [complain(zone, `spec.alsoNotify[${index}]`, `${JSON.stringify(text)} is not an IP address`)],
  )
}

function checkNames(zone: ZoneManifest, fleet: Fleet): readonly Diagnostic[] {
  const { nameservers, records = [] } = zone.spec
  const written = records.findIndex(({ name, type }) => type === 'NS' && name === '@')
  const twice = nameservers !== undefined && written !== -1
  const made = nameServerNames(zone, fleet).find((name) => !isHostName(name))
  const odd =
    made === undefined || nameservers !== undefined
      ? []
      : [
          complain(
            zone,
            'spec.nameservers',
            `its name server ${made} would have no host name; named refuses the zone`,
            'write their names in nameservers, such as ns1.example.com.',
          ),
        ]
  const both = twice ? [complain(zone, `spec.records[${written}]`, 'NS of the zone are written in nameservers too; write one of them')] : []
  const wrong = (nameservers ?? []).flatMap((text, index) => {
    const name = targetName(text, nameOfZone(zone))
    if (name.ok && isHostName(name.value)) return []
    return [complain(zone, `spec.nameservers[${index}]`, name.ok ? `${name.value} is no host name; named refuses the zone` : name.reason)]
  })
  return [...both, ...wrong, ...odd]
}

function checkSoa(zone: ZoneManifest): readonly Diagnostic[] {
  const { rname, refresh = 3600, expire = 1_209_600 } = zone.spec.soa ?? {}
  const mail = rname === undefined ? undefined : mailName(rname)
  const address = mail === undefined || mail.ok ? [] : [complain(zone, 'spec.soa.rname', mail.reason)]
  const times =
    expire > refresh
      ? []
      : [
          complain(
            zone,
            'spec.soa',
            `expire (${expire}) must be more than refresh (${refresh}): secondaries would stop answering between two questions`,
          ),
        ]
  return [...address, ...times]
}

function checkReverse(zone: ZoneManifest): readonly Diagnostic[] {
  const { reverseOf } = zone.spec
  if (reverseOf === undefined) return []
  const isNetwork = parseIpv4Interface(reverseOf.cidr).ok || parseIpv6Interface(reverseOf.cidr).ok
  const network = isNetwork
    ? []
    : [complain(zone, 'spec.reverseOf.cidr', `${JSON.stringify(reverseOf.cidr)} is not a network such as 192.168.100.0/24`)]
  const isArpa = /\.(in-addr|ip6)\.arpa\.$/.test(`.${nameOfZone(zone)}`)
  const place = isArpa
    ? []
    : [complain(zone, 'spec.reverseOf', `${nameOfZone(zone)} is no reverse zone: its name does not end in in-addr.arpa or ip6.arpa`)]
  return [...network, ...place]
}

function checkEmpty(zone: ZoneManifest, fleet: Fleet): readonly Diagnostic[] {
  if (zone.spec.allowEmpty) return []
  const servers = serversOf(zone, fleet).map(({ name }) => `${name}.${nameOfZone(zone)}`)
  const isOfServers = (owner: string, type: string) => (owner === nameOfZone(zone) && type === 'NS') || servers.includes(owner)
  const isEmpty = recordsOf(zone, fleet).every(({ owner, type, index }) => index === undefined && isOfServers(owner, type))
  return isEmpty ? [complain(zone, 'spec', 'zone would be empty', 'write records, or allowEmpty: true')] : []
}
