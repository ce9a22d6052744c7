import type { Manifest } from '../../model/manifest.ts'
import { containerTarget } from '../../model/placement.ts'
import type { Placement } from '../../model/target.ts'
import type { SystemPlace } from '../../system/place.ts'
import type { ContainerSpec } from './spec.ts'

type Container = Manifest<'Container', ContainerSpec>

/** A second placement, the inside, for a container that asks for something there. */
export function placeInside(manifest: Container): readonly Placement[] {
  return manifest.spec.system === undefined ? [] : [{ target: containerTarget(manifest), role: 'system' }]
}

/** The container's `system`. What leaves it is retired, whatever becomes of the container: `deletionPolicy` speaks of the container's data. */
export function systemInside(manifest: Container): SystemPlace {
  const { system = {}, adopt = 'IfEqual', driftPolicy = 'Correct', maintenanceWindow } = manifest.spec
  const restarts = manifest.spec.restarts ?? (maintenanceWindow === undefined ? 'Never' : 'InWindow')
  return { manifest, system, target: containerTarget(manifest), policies: { deletionPolicy: 'Delete', adopt, driftPolicy, restarts } }
}
