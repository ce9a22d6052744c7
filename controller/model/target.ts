import type { ContainerName, HypervisorName } from './ids.ts'

/** A machine that Reeve changes: a hypervisor, or a container on it (named as its provider names it). */
export interface Target {
  readonly hypervisor: HypervisorName
  readonly inside?: ContainerName
  /** How to reach inside; absent for the hypervisor itself. */
  readonly provider?: 'lxc' | 'openvz'
}

/** This manifest on this target in this role (`host`, `primary`, `gateway`, …). */
export interface Placement {
  readonly target: Target
  readonly role: string
}

/** `he1` or `he1/web`: unique text of a target, for maps, messages and the ledger. */
export function targetKey(target: Target): string {
  return target.inside === undefined ? target.hypervisor : `${target.hypervisor}/${target.inside}`
}

/** Target from the ledger's text: `he1` or `he1/web`. */
export function targetFromKey(hypervisor: HypervisorName, key: string): Target {
  const inside = key.slice(hypervisor.length + 1)
  return inside === '' ? { hypervisor } : { hypervisor, inside: inside as NonNullable<Target['inside']>, provider: 'lxc' }
}
