import type { Fleet } from '../../model/fleet.ts'
import { hypervisorOf, manifestsBy } from '../../model/fleetIndex.ts'
import { hypervisorName } from '../../model/ids.ts'
import type { Manifest } from '../../model/manifest.ts'
import { providerName } from '../../model/placement.ts'
import { policiesOf } from '../../model/policies.ts'
import type { Spec } from '../../model/primitive.ts'
import { bridge } from '../../primitives/bridge/spec.ts'
import { compileSystem } from '../../system/compile.ts'
import type { SystemPlace } from '../../system/place.ts'
import type { HypervisorSpec } from './spec.ts'

type Hypervisor = Manifest<'Hypervisor', HypervisorSpec>

/** What the machine itself must hold. */
export function compile(manifest: Hypervisor, fleet: Fleet): readonly Spec[] {
  const place = systemPlace(manifest, fleet)
  const bridges = (manifest.spec.system?.bridges ?? []).map((one) =>
    bridge({ name: one.name, addresses: one.addresses ?? [], ports: one.ports ?? [] }),
  )
  return [...bridges.map((one) => ({ ...place.policies, ...one })), ...compileSystem(place, fleet.name)]
}

/** The machine's `system`, and how Reeve itself comes in. */
export function systemPlace(manifest: Hypervisor, fleet: Fleet): SystemPlace {
  const { spec } = manifest
  const ports = spec.sshdPort === undefined ? (spec.ports ?? [22]) : [spec.sshdPort]
  return {
    manifest,
    system: spec.system ?? {},
    target: { hypervisor: hypervisorName(manifest.name) },
    access: { user: spec.user ?? 'root', ports },
    ...machineOf(spec.system),
    containers: containersOn(manifest.name, fleet),
    secret: fleet.secret,
    policies: policiesOf(spec),
  }
}

/** What a container has not. */
function machineOf({ hostname, modules, mounts, timeSync }: NonNullable<HypervisorSpec['system']> = {}): Partial<SystemPlace> {
  return {
    ...(hostname === undefined ? {} : { hostname }),
    ...(modules === undefined ? {} : { modules }),
    ...(mounts === undefined ? {} : { mounts }),
    ...(timeSync === undefined ? {} : { timeSync }),
  }
}

function containersOn(hypervisor: string, fleet: Fleet): NonNullable<SystemPlace['containers']> {
  const own = manifestsBy(fleet, 'Container', hypervisorOf, hypervisor)
  return new Map(
    own.map((one) => {
      const users = (one.spec.system?.users ?? []).map(({ name }) => name)
      return [one.name, { name: providerName(one), provider: one.spec.provider ?? 'lxc', users }]
    }),
  )
}
