import type { Fleet } from '../../model/fleet.ts'
import { type PrimitiveId, primitiveId } from '../../model/ids.ts'
import { insideOf } from '../../model/placement.ts'
import { policiesOf } from '../../model/policies.ts'
import type { Needed, Peer, Spec } from '../../model/primitive.ts'
import { type Placement, type Target, targetKey } from '../../model/target.ts'
import { type BlockSpec, block } from '../../primitives/block/spec.ts'
import { dnsRecords } from '../../primitives/dnsRecords/spec.ts'
import { bindService, dnsZone, type Primary, zoneMark } from '../../primitives/dnsZone/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { hostLines } from './hosts.ts'
import { nameOfZone, type Server, serversOf, type ZoneManifest } from './places.ts'
import { zoneSets, zoneText } from './render.ts'
import { zoneStatement } from './statement.ts'

/** The zone's statement and its data on each of its servers; its addresses on their clients. */
export function compile(zone: ZoneManifest, at: Placement, fleet: Fleet): readonly Spec[] {
  const policies = policiesOf(zone.spec, { deletionPolicy: 'Retain' })
  if (at.role === 'client') return hostBlock(zone, at.target, fleet).map((one) => ({ ...one, ...policies, deletionPolicy: 'Delete' }))
  const servers = serversOf(zone, fleet)
  const server = servers.find(({ target }) => targetKey(target) === targetKey(at.target))
  if (server === undefined) return []
  return specsAt(zone, server, servers, fleet).map((one) => ({ ...policies, ...one }))
}

function specsAt(zone: ZoneManifest, server: Server, servers: readonly Server[], fleet: Fleet): readonly Spec[] {
  const needs = needsAt(server.target)
  const statement = block({
    path: '/etc/bind/named.conf.local',
    name: zone.name,
    content: zoneStatement(zone, server, servers),
    leader: '//',
    needs,
  })
  if (server.role === 'primary') return primarySpecs(zone, statement, needs, servers, fleet)
  return secondarySpecs(zone, isOfCatalog(servers) ? [] : [statement], needs, servers)
}

/** What its NameServer brings: the package, and the keys that the statement names. */
function needsAt(target: Target): readonly Needed[] {
  const inside = insideOf(target)
  return [...inside, { target, id: primitiveId('package', 'bind9') }]
}

function primarySpecs(
  zone: ZoneManifest,
  statement: BlockSpec,
  needs: readonly Needed[],
  servers: readonly Server[],
  fleet: Fleet,
): readonly Spec[] {
  const peers = servers.filter(({ role }) => role === 'secondary').map((server) => peerOf(zone, server))
  const data = dnsZone({ zone: nameOfZone(zone), role: primaryRole(zone, fleet), needs, peers })
  const named = bindService([statement, data], needs)
  return [statement, named, data, ...(zone.spec.mode === 'Dynamic' ? ourRecords(zone, [data.id, named.id], needs, fleet) : [])]
}

/** What is ours in a zone of many: by nsupdate, once the zone is served. It keeps nothing but the memory of them, so that goes with its manifest. */
function ourRecords(zone: ZoneManifest, after: readonly PrimitiveId[], needs: readonly Needed[], fleet: Fleet): readonly Spec[] {
  const [target] = needs.slice(-1).map((need) => need.target)
  if (target === undefined) return []
  const tools = { ...debianPackage('bind9-dnsutils'), needs: needs.slice(0, -1) }
  const waits = [...needs, ...[tools.id, ...after].map((id) => ({ target, id }))]
  const { soa, sets } = zoneSets(zone, fleet)
  return [
    tools,
    {
      ...dnsRecords({ zone: nameOfZone(zone), soa, sets, ...limits(zone), needs: waits }),
      deletionPolicy: 'Delete',
    },
  ]
}

function limits({ spec, annotations }: ZoneManifest): Pick<Primary, 'safety' | 'confirmed'> {
  const { maxDeletePercent = 30, maxUpdatePercent = 30, minExisting = 10 } = spec.safety ?? {}
  const confirmed = annotations['reeve.dev/confirm']
  return { safety: { maxDeletePercent, maxUpdatePercent, minExisting }, ...(confirmed === undefined ? {} : { confirmed }) }
}

function primaryRole(zone: ZoneManifest, fleet: Fleet): Primary {
  const { serial = 'dateserial', dnssec, mode } = zone.spec
  const { before, after } = zoneText(zone, fleet)
  return {
    type: 'primary',
    before: `${zoneMark(fleet.name, zone.id)}${before}`,
    after,
    policy: serial,
    ...(zone.spec.serialReset ? { isReset: true } : {}),
    signing: ({ none: 'none', default: 'signed', insecure: 'ending' } as const)[dnssec?.policy ?? 'none'],
    ...limits(zone),
    ...(mode === 'Dynamic' ? { isDynamic: true } : {}),
  }
}

/** Catching up comes after its server has loaded the statement. That the server served something before is no reason to ask a person. */
function secondarySpecs(
  zone: ZoneManifest,
  statements: readonly BlockSpec[],
  needs: readonly Needed[],
  servers: readonly Server[],
): readonly Spec[] {
  const named = bindService(statements, needs)
  const [target] = needs.slice(-1).map((need) => need.target)
  const primary = servers.find(({ role }) => role === 'primary')
  if (primary === undefined || target === undefined) return [...statements, named]
  const peer = peerOf(zone, primary)
  const loaded = [...needs, { target, id: named.id }]
  const data = dnsZone({
    zone: nameOfZone(zone),
    role: { type: 'secondary', primary: peer },
    peers: [peer],
    needs: loaded,
    adopt: 'Replace',
  })
  return [...statements, named, data]
}

/** BIND makes the statement by itself, from its catalog of zones. */
function isOfCatalog(servers: readonly Server[]): boolean {
  return servers.find(({ role }) => role === 'primary')?.manifest.spec.secondaryVia === 'Catalog'
}

function peerOf(zone: ZoneManifest, { target }: Server): Peer {
  return { target, id: primitiveId('dnsZone', nameOfZone(zone)) }
}

function hostBlock(zone: ZoneManifest, target: Target, fleet: Fleet): readonly Spec[] {
  const inside = insideOf(target)
  return [block({ path: '/etc/hosts', name: zone.name, content: hostLines(zone, fleet), needs: inside })]
}
