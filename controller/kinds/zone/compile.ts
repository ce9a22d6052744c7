import type { Fleet } from '../../model/fleet.ts'
import { primitiveId } from '../../model/ids.ts'
import { insideOf } from '../../model/placement.ts'
import { policiesOf } from '../../model/policies.ts'
import type { Needed, Peer, Spec } from '../../model/primitive.ts'
import { type Placement, type Target, targetKey } from '../../model/target.ts'
import { type BlockSpec, block } from '../../primitives/block/spec.ts'
import { bindService, dnsZone, type Primary, zoneMark } from '../../primitives/dnsZone/spec.ts'
import { hostLines } from './hosts.ts'
import { nameOfZone, type Server, serversOf, type ZoneManifest } from './places.ts'
import { zoneText } from './render.ts'
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
  return server.role === 'primary' ? primarySpecs(zone, statement, needs, servers, fleet) : secondarySpecs(zone, statement, needs, servers)
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
  return [statement, bindService([statement, data], needs), data]
}

function primaryRole(zone: ZoneManifest, fleet: Fleet): Primary {
  const { serial = 'dateserial', dnssec, safety = {} } = zone.spec
  const { maxDeletePercent = 30, maxUpdatePercent = 30, minExisting = 10 } = safety
  const { before, after } = zoneText(zone, fleet)
  const confirmed = zone.annotations['reeve.dev/confirm']
  return {
    type: 'primary',
    before: `${zoneMark(fleet.name, zone.id)}${before}`,
    after,
    policy: serial,
    signing: ({ none: 'none', default: 'signed', insecure: 'ending' } as const)[dnssec?.policy ?? 'none'],
    safety: { maxDeletePercent, maxUpdatePercent, minExisting },
    ...(confirmed === undefined ? {} : { confirmed }),
  }
}

/** Catching up comes after its server has loaded the statement. That the server served something before is no reason to ask a person. */
function secondarySpecs(zone: ZoneManifest, statement: BlockSpec, needs: readonly Needed[], servers: readonly Server[]): readonly Spec[] {
  const named = bindService([statement], needs)
  const [target] = needs.slice(-1).map((need) => need.target)
  const primary = servers.find(({ role }) => role === 'primary')
  if (primary === undefined || target === undefined) return [statement, named]
  const peer = peerOf(zone, primary)
  const loaded = [...needs, { target, id: named.id }]
  const data = dnsZone({
    zone: nameOfZone(zone),
    role: { type: 'secondary', primary: peer },
    peers: [peer],
    needs: loaded,
    adopt: 'Replace',
  })
  return [statement, named, data]
}

function peerOf(zone: ZoneManifest, { target }: Server): Peer {
  return { target, id: primitiveId('dnsZone', nameOfZone(zone)) }
}

function hostBlock(zone: ZoneManifest, target: Target, fleet: Fleet): readonly Spec[] {
  const inside = insideOf(target)
  return [block({ path: '/etc/hosts', name: zone.name, content: hostLines(zone, fleet), needs: inside })]
}
