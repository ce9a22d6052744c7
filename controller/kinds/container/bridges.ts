import type { Fleet } from '../../model/fleet.ts'
import { primitiveId } from '../../model/ids.ts'
import type { Needed } from '../../model/primitive.ts'
import type { Target } from '../../model/target.ts'
import type { ContainerSpec } from './spec.ts'

/** Names of the bridges that the Hypervisor's manifest declares. */
export function declaredBridges(fleet: Fleet, hypervisor: string): ReadonlySet<string> {
  return new Set(fleet.get('Hypervisor', hypervisor)?.spec.system?.bridges?.map((bridge) => bridge.name))
}

/** The declared bridges that a container hangs on: they stand before it does. */
export function neededBridges(spec: ContainerSpec, target: Target, fleet: Fleet): readonly Needed[] {
  const declared = declaredBridges(fleet, spec.hypervisor)
  const used = [...new Set((spec.network ?? []).map((network) => network.bridge))]
  return used.filter((name) => declared.has(name)).map((name) => ({ target, id: primitiveId('bridge', name) }))
}
