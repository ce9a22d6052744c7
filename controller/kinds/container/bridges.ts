import type { Fleet } from '../../model/fleet.ts'

/** Names of the bridges that the Hypervisor's manifest declares. */
export function declaredBridges(fleet: Fleet, hypervisor: string): ReadonlySet<string> {
  return new Set(fleet.get('Hypervisor', hypervisor)?.spec.system?.bridges?.map((bridge) => bridge.name))
}
