import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import { providerName } from '../../../model/placement.ts'
import { refuseName } from '../../../primitives/logicalVolume/spec.ts'
import type { Container } from '../provider.ts'
import { checkBytes } from '../quantities.ts'
import { checkInside } from './checkInside.ts'
import { checkTemplate } from './checkTemplate.ts'

/** What LXC asks for beyond what all providers do. */
export function check(manifest: Container): readonly Diagnostic[] {
  return [...checkTemplate(manifest), ...checkRoot(manifest), ...checkIdmap(manifest), ...checkInside(manifest)]
}

function checkRoot(manifest: Container): readonly Diagnostic[] {
  const { rootfs } = manifest.spec
  if (rootfs === undefined)
    return [complain(manifest, 'spec', 'rootfs is required with provider lxc', 'name a volume group and a size in rootfs.lvm')]
  const { lvm } = rootfs
  if (lvm === undefined) return []
  const name = lvm.name ?? providerName(manifest)
  const refusal = refuseName(name)
  const path = lvm.name === undefined ? 'spec.rootfs.lvm' : 'spec.rootfs.lvm.name'
  return [
    ...(refusal === undefined
      ? []
      : [complain(manifest, path, `rootfs.lvm.name ${name} ${refusal}`, 'name the logical volume in rootfs.lvm.name')]),
    ...checkBytes(manifest, 'rootfs.lvm.size', lvm.size, 1n),
  ]
}

function checkIdmap(manifest: Container): readonly Diagnostic[] {
  const { unprivileged, lxc } = manifest.spec
  if (lxc?.idmap === undefined) return []
  const path = 'spec.lxc.idmap'
  if (unprivileged !== true)
    return [complain(manifest, path, 'lxc.idmap says which ids an unprivileged container gets', 'set unprivileged: true, or leave it out')]
  const { base, size = 65_536 } = lxc.idmap
  const last = base + size - 1
  return last < 2 ** 32 - 1 ? [] : [complain(manifest, path, `lxc.idmap ends at ${last}; the highest id of a kernel is ${2 ** 32 - 2}`)]
}
