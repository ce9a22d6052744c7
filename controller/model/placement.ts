import { parseIpv4 } from './address.ts'
import type { Fleet } from './fleet.ts'
import { containerName, hypervisorName, type PrimitiveId, primitiveId } from './ids.ts'
import type { Manifest } from './manifest.ts'
import type { Needed } from './primitive.ts'
import type { Target } from './target.ts'

/** `spec.target` of a manifest: a container by its manifest's name, or a hypervisor. */
export interface TargetReference {
  readonly container?: string
  readonly hypervisor?: string
}

/** What this page needs of a Container's spec. */
interface ContainerPlace {
  readonly hypervisor: string
  readonly provider?: 'lxc' | 'openvz'
  readonly lxc?: { readonly name?: string }
  readonly openvz?: { readonly ctid: number }
}

interface ContainerAddresses {
  readonly provider?: 'lxc' | 'openvz'
  readonly openvz?: { readonly ips?: readonly string[] }
  readonly network?: readonly { readonly ipv4?: { readonly address: string } }[]
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

/** The container's name as its provider knows it: one `web` on each of two hosts can be two manifests. OpenVZ counts: 0, which is the hypervisor, where none is given. */
export function providerName({ name, spec }: Manifest<'Container', ContainerPlace>): string {
  return spec.provider === 'openvz' ? String(spec.openvz?.ctid ?? 0) : (spec.lxc?.name ?? name)
}

/** The item that the inside of a container needs before anything can stand there. */
function containerId({ inside = containerName('0'), provider = 'lxc' }: Target): PrimitiveId {
  return primitiveId(provider === 'openvz' ? 'openvzContainer' : 'lxcContainer', inside)
}

/** Nothing is done inside a container before it stands. */
export function insideOf(target: Target): readonly Needed[] {
  return target.inside === undefined ? [] : [{ target: { hypervisor: target.hypervisor }, id: containerId(target) }]
}

/** The first IPv4 address that a Container's manifest declares, without its prefix length. */
export function declaredAddress({ spec }: Manifest<'Container', ContainerAddresses>): string | undefined {
  const venet = spec.provider === 'openvz' ? (spec.openvz?.ips ?? []) : []
  const addresses = [...venet, ...(spec.network ?? []).flatMap(({ ipv4 }) => ipv4?.address ?? [])]
  return addresses.map((address) => address.split('/')[0] ?? '').find((address) => parseIpv4(address) !== undefined)
}
