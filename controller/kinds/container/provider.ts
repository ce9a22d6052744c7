import type { Fleet } from '../../model/fleet.ts'
import type { Claim, Vital } from '../../model/kind.ts'
import type { Diagnostic, Manifest } from '../../model/manifest.ts'
import type { Spec } from '../../model/primitive.ts'
import type { Target } from '../../model/target.ts'
import type { ContainerSpec } from './spec.ts'

export type Container = Manifest<'Container', ContainerSpec>
export type Network = NonNullable<ContainerSpec['network']>[number]
export type ProviderName = NonNullable<ContainerSpec['provider']>

/** What runs containers on a host. All that every provider means the same by (limits, network, resolver, stop) is checked before it is asked. */
export interface Provider {
  /** What only one container of this provider can have on a hypervisor: its name there, its root. Addresses are claimed for all providers alike. */
  claims(manifest: Container, fleet: Fleet): readonly Claim[]
  /** What this provider requires, or cannot do. */
  check(manifest: Container, fleet: Fleet): readonly Diagnostic[]
  compile(manifest: Container, fleet: Fleet): readonly Spec[]
  /** `target` is the hypervisor. Judged by health.ts, so that conditions and metrics are the same whatever runs the container. */
  vitals(manifest: Container, target: Target): readonly Vital[]
}
