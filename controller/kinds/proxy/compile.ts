import type { Fleet } from '../../model/fleet.ts'
import { insideOf } from '../../model/placement.ts'
import { policiesOf } from '../../model/policies.ts'
import type { Spec } from '../../model/primitive.ts'
import type { Target } from '../../model/target.ts'
import type { ProxyManifest } from './places.ts'
import { providerOf } from './providers.ts'

/** What the provider needs on the target, looked after as the manifest says. */
export function compile(proxy: ProxyManifest, target: Target, fleet: Fleet): readonly Spec[] {
  const policies = policiesOf(proxy.spec)
  return providerOf(proxy)
    .compile(proxy, target, fleet, insideOf(target))
    .map((one) => ({ ...one, ...policies }))
}
