import type { Fleet } from '../../model/fleet.ts'

/** Names of the bridges that the Hypervisor's manifest declares. */
export function declaredBridges(fleet: Fleet, hypervisor: string): ReadonlySet<string> {
  const manifest = fleet.manifests.find((one) => one.kind === 'Hypervisor' && one.name === hypervisor)
  const spec = manifest?.spec as { readonly system?: { readonly bridges?: readonly { readonly name: string }[] } } | undefined
  return new Set(spec?.system?.bridges?.map((bridge) => bridge.name))
}
