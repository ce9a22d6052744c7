import type { Claim } from '../../../model/kind.ts'
import { providerName } from '../../../model/placement.ts'
import type { Container, Provider } from '../provider.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { vitals } from './vitals.ts'

export const lxc: Provider = { claims, check, compile, vitals }

function claims(manifest: Container): readonly Claim[] {
  const { hypervisor, lxc: own, rootfs } = manifest.spec
  const name = providerName(manifest)
  const scope = `LXC name on ${hypervisor}`
  const lvm = rootfs?.lvm
  return [
    { scope, value: name, path: own?.name === undefined ? 'metadata.name' : 'spec.lxc.name' },
    ...(lvm === undefined
      ? []
      : [
          {
            scope: `LV in ${lvm.volumeGroup} on ${hypervisor}`,
            value: lvm.name ?? name,
            path: lvm.name === undefined ? 'spec.rootfs.lvm' : 'spec.rootfs.lvm.name',
          },
        ]),
  ]
}
