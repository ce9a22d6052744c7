import { formatIpv4, parseIpv4Interface } from '../../model/address.ts'
import type { KindName } from '../../model/fleet.ts'
import { hypervisorName } from '../../model/ids.ts'
import { type Claim, defineKind } from '../../model/kind.ts'
import type { Manifest } from '../../model/manifest.ts'
import { providerName } from '../../model/placement.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import type { ContainerSpec } from './spec.ts'
import { vitals } from './vitals.ts'

export const container = defineKind<'Container'>({
  kind: 'Container',
  references: (spec) => [{ kind: 'Hypervisor' as KindName, name: spec.hypervisor, path: 'spec.hypervisor' }],
  claims,
  check,
  place: (manifest) => [{ target: { hypervisor: hypervisorName(manifest.spec.hypervisor) }, role: 'host' }],
  compile: (manifest, _at, fleet) => compile(manifest, fleet),
  vitals: (manifest, at) => vitals(manifest, at.target),
})

/** What only one container on a hypervisor can have. */
function claims(manifest: Manifest<'Container', ContainerSpec>): readonly Claim[] {
  const { hypervisor, lxc, network = [], rootfs } = manifest.spec
  const name = providerName(manifest)
  const { lvm } = rootfs
  return [
    { scope: `LXC name on ${hypervisor}`, value: name, path: lxc?.name === undefined ? 'metadata.name' : 'spec.lxc.name' },
    {
      scope: `LV in ${lvm.volumeGroup} on ${hypervisor}`,
      value: lvm.name ?? name,
      path: lvm.name === undefined ? 'spec.rootfs.lvm' : 'spec.rootfs.lvm.name',
    },
    ...network.flatMap((one, index) => {
      const parsed = one.ipv4 === undefined ? undefined : parseIpv4Interface(one.ipv4.address)
      const path = `spec.network[${index}].ipv4.address`
      return parsed?.ok ? [{ scope: `address on ${hypervisor}`, value: formatIpv4(parsed.value.address), path }] : []
    }),
    ...network.flatMap((one, index) =>
      one.mac === undefined
        ? []
        : [{ scope: `MAC address on ${hypervisor}`, value: one.mac.toLowerCase(), path: `spec.network[${index}].mac` }],
    ),
  ]
}
