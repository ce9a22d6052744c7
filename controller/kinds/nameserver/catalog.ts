import type { Fleet } from '../../model/fleet.ts'
import { primitiveId } from '../../model/ids.ts'
import { resolveTarget } from '../../model/placement.ts'
import type { Needed, Peer, Spec } from '../../model/primitive.ts'
import { block } from '../../primitives/block/spec.ts'
import { copyPath, type DnsZoneSpec, dnsZone, zoneMark, zonePath } from '../../primitives/dnsZone/spec.ts'
import { sha256 } from '../../shell/inspect.ts'
import { addressOf, asciiName, type NameServerManifest } from './places.ts'

/** The zones that one server copies from another, as a zone (RFC 9432): the other one writes it, and BIND there adds and drops its zones by it. */
export interface Catalog {
  /** Absolute: `ns2.ns1.catalog.invalid.` */
  readonly name: string
  readonly primary: NameServerManifest
  readonly secondary: NameServerManifest
  /** Absolute, in order. */
  readonly zones: readonly string[]
}

/** One for each server that copies zones from this one. */
export function catalogsFrom(primary: NameServerManifest, fleet: Fleet): readonly Catalog[] {
  if (primary.spec.secondaryVia !== 'Catalog') return []
  const zones = fleet.all('Zone').filter(({ spec }) => spec.primary === primary.name)
  const secondaries = [...new Set(zones.flatMap(({ spec }) => spec.secondaries ?? []))].sort()
  return secondaries.flatMap((name) => {
    const secondary = fleet.get('NameServer', name)
    const members = zones.filter(({ spec }) => spec.secondaries?.includes(name)).map(({ spec }) => asciiName(spec.name))
    return secondary === undefined ? [] : [{ name: `${name}.${primary.name}.catalog.invalid.`, primary, secondary, zones: members.sort() }]
  })
}

/** One for each server that this one copies zones from. */
export function catalogsTo(secondary: NameServerManifest, fleet: Fleet): readonly Catalog[] {
  return fleet.all('NameServer').flatMap((primary) => catalogsFrom(primary, fleet).filter((one) => one.secondary.name === secondary.name))
}

/** What its primary holds: the statement, and the catalog itself. */
export function producedSpecs(catalog: Catalog, fleet: Fleet, needs: readonly Needed[]): readonly Spec[] {
  const { name, primary, secondary } = catalog
  const statement = block({
    path: '/etc/bind/named.conf.local',
    name: `catalog-${secondary.name}`,
    content: producerStatement(catalog, fleet),
    leader: '//',
    needs,
  })
  const peers = peerAt(secondary, name, fleet)
  return [statement, dnsZone({ zone: name, role: roleOf(catalog, fleet, primary), needs, peers })]
}

/** Who is in it is nobody else's business: it is answered to its secondary and to itself. */
function producerStatement({ name, primary, secondary }: Catalog, fleet: Fleet): string {
  const keys = (primary.spec.transferKeys ?? []).map(({ secretRef }) => `key "${secretRef}"`)
  const address = addressOf(secondary, fleet) ?? '127.0.0.1'
  const lines = [
    'type primary;',
    `file "${zonePath(name)}";`,
    'notify explicit;',
    `also-notify { ${address}; };`,
    `allow-transfer { ${(keys.length === 0 ? [address] : keys).map((word) => `${word};`).join(' ')} };`,
    `allow-query { ${[...keys, address, 'localhost'].map((word) => `${word};`).join(' ')} };`,
  ]
  return `zone "${name.slice(0, -1)}" {\n${lines.map((line) => `\t${line}\n`).join('')}};\n`
}

/** Version 2 of RFC 9432. A member's label is its own for ever: another one would make the secondary forget what it holds. */
function roleOf({ name, zones }: Catalog, fleet: Fleet, primary: NameServerManifest): DnsZoneSpec['role'] {
  const members = zones.map((zone) => `${sha256(zone).slice(0, 32)}.zones.${name} 60 IN PTR ${zone}\n`).sort()
  const confirmed = primary.annotations['reeve.dev/confirm']
  return {
    type: 'primary',
    before: `${zoneMark(fleet.name, primary.id)}$TTL 60\n${name} 60 IN SOA invalid. hostmaster.invalid. (\n`,
    after: `60 60 1209600 60 )\n${name} 60 IN NS invalid.\n${members.join('')}version.${name} 60 IN TXT "2"\n`,
    policy: 'unixtime',
    signing: 'none',
    safety: { maxDeletePercent: 30, maxUpdatePercent: 30, minExisting: 10 },
    ...(confirmed === undefined ? {} : { confirmed }),
  }
}

function peerAt(server: NameServerManifest, zone: string, fleet: Fleet): readonly Peer[] {
  const target = resolveTarget(fleet, server.spec.target)
  return target === undefined ? [] : [{ target, id: primitiveId('dnsZone', zone) }]
}

/** What its secondary holds besides its files: that it has caught up. */
export function consumedSpecs({ name, primary }: Catalog, fleet: Fleet, needs: readonly Needed[]): readonly Spec[] {
  const [peer] = peerAt(primary, name, fleet)
  if (peer === undefined) return []
  return [dnsZone({ zone: name, role: { type: 'secondary', primary: peer }, peers: [peer], needs, adopt: 'Replace' })]
}

/** `address key "name"`, as zones are copied from it. */
function sourceOf({ primary }: Catalog, fleet: Fleet): string {
  const [key] = primary.spec.transferKeys ?? []
  const address = addressOf(primary, fleet) ?? '127.0.0.1'
  return key === undefined ? address : `${address} key "${key.secretRef}"`
}

/** For the options of its secondary; its statement must stand, too, or named does not start. */
export function consumerOptions(catalogs: readonly Catalog[], fleet: Fleet): readonly string[] {
  if (catalogs.length === 0) return []
  const words = catalogs.map(
    (one) =>
      `zone "${one.name.slice(0, -1)}" default-primaries { ${sourceOf(one, fleet)}; } zone-directory "/var/cache/bind" in-memory no min-update-interval 1;`,
  )
  return [`catalog-zones { ${words.join(' ')} };`]
}

export function consumerStatements(catalogs: readonly Catalog[], fleet: Fleet): readonly string[] {
  return catalogs.map(
    (one) =>
      `zone "${one.name.slice(0, -1)}" { type secondary; file "${copyPath(one.name)}"; primaries { ${sourceOf(one, fleet)}; }; notify no; allow-transfer { none; }; };`,
  )
}
