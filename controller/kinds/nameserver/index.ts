import type { Fleet, KindName } from '../../model/fleet.ts'
import { type Claim, defineKind, type Reference } from '../../model/kind.ts'
import { resolveTarget } from '../../model/placement.ts'
import { type Placement, targetKey } from '../../model/target.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { clientsOf, type NameServerManifest } from './places.ts'
import type { NameServerSpec } from './spec.ts'
import { vitals } from './vitals.ts'

/** A name server: BIND, and who asks it. What it serves is said by Zones. */
export const nameServer = defineKind<'NameServer'>({ kind: 'NameServer', references, claims, check, place, compile, vitals })

/** Not those that clients ask: two servers whose clients ask both would go in a circle. The check looks for them. */
function references({ target, clients = [] }: NameServerSpec): readonly Reference[] {
  const places = [
    { target, at: 'spec.target' },
    ...clients.map((one, index) => ({ target: one.target, at: `spec.clients[${index}].target` })),
  ]
  const targets = places.flatMap((one) =>
    Object.entries(one.target).map(([field, name]): Reference => {
      const kind: KindName = field === 'container' ? 'Container' : 'Hypervisor'
      return { kind, name, path: `${one.at}.${field}` }
    }),
  )
  return targets
}

/** One BIND on a target, and one who says what its resolver asks. */
function claims(server: NameServerManifest, fleet: Fleet): readonly Claim[] {
  const target = resolveTarget(fleet, server.spec.target)
  const own = target ? [{ scope: `name server on ${targetKey(target)}`, value: 'bind9', path: 'spec.target' }] : []
  const scopes = clientsOf(server, fleet).map((one) => `resolver of ${targetKey(one.target)}`)
  const clients = scopes.flatMap((scope, index) =>
    scopes.indexOf(scope) < index ? [] : [{ scope, value: '/etc/resolv.conf', path: `spec.clients[${index}].target` }],
  )
  return [...own, ...clients]
}

function place(server: NameServerManifest, fleet: Fleet): readonly Placement[] {
  const target = resolveTarget(fleet, server.spec.target)
  const clients = clientsOf(server, fleet).map((one) => ({ target: one.target, role: 'client' }))
  return [...(target ? [{ target, role: 'server' }] : []), ...clients]
}
