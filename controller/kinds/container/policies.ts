import type { ContainerSpec } from './spec.ts'

/** The fields that every kind has, as the specs of all that a container is made of carry them. */
export function policies(spec: ContainerSpec) {
  const { deletionPolicy = 'Retain', adopt = 'IfEqual', driftPolicy = 'Correct', maintenanceWindow } = spec
  return {
    deletionPolicy,
    adopt,
    driftPolicy,
    restarts: spec.restarts ?? (maintenanceWindow === undefined ? 'Never' : 'InWindow'),
  } as const
}
