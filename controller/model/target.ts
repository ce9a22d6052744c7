import type { ContainerName, HypervisorName } from './ids.ts'

/** A machine that Reeve changes: a hypervisor, or a container on it (named as its provider names it: OpenVZ by its CTID). */
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

/** `he1`, `he1/web` or `he1/openvz:101`: unique text of a target, for maps, messages and the ledger. */
export function targetKey(target: Target): string {
  return target.inside === undefined ? target.hypervisor : `${target.hypervisor}/${insideKey(target)}`
}

const openvzPrefix = 'openvz:'

/** Unique on its hypervisor: the CTID of one container may be the name of another one that LXC runs. A name holds no colon. */
export function insideKey({ inside = '' as ContainerName, provider = 'lxc' }: Target): string {
  return provider === 'openvz' ? `${openvzPrefix}${inside}` : inside
}

/** Target from the ledger's text. */
export function targetFromKey(hypervisor: HypervisorName, key: string): Target {
  const text = key.slice(hypervisor.length + 1)
  if (text === '') return { hypervisor }
  const provider = text.startsWith(openvzPrefix) ? 'openvz' : 'lxc'
  const inside = (provider === 'openvz' ? text.slice(openvzPrefix.length) : text) as ContainerName
  return { hypervisor, inside, provider }
}
