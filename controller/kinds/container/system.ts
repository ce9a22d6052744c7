import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic, Manifest } from '../../model/manifest.ts'
import { containerTarget } from '../../model/placement.ts'
import type { Placement } from '../../model/target.ts'
import type { SystemPlace } from '../../system/place.ts'
import type { ContainerSpec } from './spec.ts'

type Container = Manifest<'Container', ContainerSpec>

/** A second placement, the inside, for a container that asks for something there. */
export function placeInside(manifest: Container): readonly Placement[] {
  return manifest.spec.system === undefined ? [] : [{ target: containerTarget(manifest), role: 'system' }]
}

/** `dns` is written before the first start, `resolver` kept ever after: the same file. */
export function checkInside(manifest: Container): readonly Diagnostic[] {
  if (manifest.spec.dns === undefined || manifest.spec.system?.resolver === undefined) return []
  return [complain(manifest, 'spec.dns', 'dns and system.resolver both write /etc/resolv.conf', 'use one of the two')]
}

/** The container's `system`. What leaves it is retired, whatever becomes of the container: `deletionPolicy` speaks of the container's data. */
export function systemInside(manifest: Container, fleet: Fleet): SystemPlace {
  const { system = {}, adopt = 'IfEqual', driftPolicy = 'Correct', maintenanceWindow } = manifest.spec
  const restarts = manifest.spec.restarts ?? (maintenanceWindow === undefined ? 'Never' : 'InWindow')
  const policies = { deletionPolicy: 'Delete', adopt, driftPolicy, restarts } as const
  return { manifest, system, target: containerTarget(manifest), secret: fleet.secret, policies }
}
