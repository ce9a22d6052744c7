import type { Fleet } from '../../model/fleet.ts'
import { containerId } from '../../model/placement.ts'
import type { Needed, Spec } from '../../model/primitive.ts'
import type { Target } from '../../model/target.ts'
import type { ProxyManifest } from './places.ts'
import { providerOf } from './providers.ts'

/** What the provider needs on the target, looked after as the manifest says. */
export function compile(proxy: ProxyManifest, target: Target, fleet: Fleet): readonly Spec[] {
  const policies = policiesOf(proxy)
  return providerOf(proxy)
    .compile(proxy, target, fleet, insideOf(target))
    .map((one) => ({ ...one, ...policies }))
}

/** Nothing is done inside a container before it stands. */
function insideOf(target: Target): readonly Needed[] {
  return target.inside === undefined ? [] : [{ target: { hypervisor: target.hypervisor }, id: containerId(target) }]
}

function policiesOf({ spec }: ProxyManifest) {
  const { deletionPolicy = 'Delete', adopt = 'IfEqual', driftPolicy = 'Correct', maintenanceWindow } = spec
  const restarts = spec.restarts ?? (maintenanceWindow === undefined ? 'Never' : 'InWindow')
  return { deletionPolicy, adopt, driftPolicy, restarts } as const
}
