import type { Fleet } from './fleet.ts'
import { containerName, hypervisorName } from './ids.ts'
import type { Manifest } from './manifest.ts'
import type { Target } from './target.ts'

/** `spec.target` of a manifest: a container by its manifest's name, or a hypervisor. */
export interface TargetReference {
  readonly container?: string
  readonly hypervisor?: string
}

/** What this page needs of a Container's spec. */
interface ContainerPlace {
  readonly hypervisor: string
  readonly provider?: 'lxc'
  readonly lxc?: { readonly name?: string }
}

/** The target that a reference names; undefined where the container's manifest is not in the fleet, or where it names neither or both. */
export function resolveTarget(fleet: Fleet, reference: TargetReference): Target | undefined {
  const { container, hypervisor } = reference
  if ((container === undefined) === (hypervisor === undefined)) return undefined
  if (hypervisor !== undefined) return { hypervisor: hypervisorName(hypervisor) }
  const manifest = fleet.get('Container', container ?? '')
  return manifest === undefined ? undefined : containerTarget(manifest)
}

/** The inside of a container. */
export function containerTarget(manifest: Manifest<'Container', ContainerPlace>): Target {
  const { hypervisor, provider = 'lxc' } = manifest.spec
  return { hypervisor: hypervisorName(hypervisor), inside: containerName(providerName(manifest)), provider }
}

/** The container's name as its provider knows it: one `web` on each of two hosts can be two manifests. */
export function providerName(manifest: Manifest<'Container', ContainerPlace>): string {
  return manifest.spec.lxc?.name ?? manifest.name
}
