import type { KindName } from '../../model/fleet.ts'
import { hypervisorName } from '../../model/ids.ts'
import { type Claim, defineKind } from '../../model/kind.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { type AnyVolume, isOnLvm, type Volume, volumeName } from './names.ts'
import { vitals } from './vitals.ts'

export const volume = defineKind<'Volume'>({
  kind: 'Volume',
  references: (spec) => [{ kind: 'Hypervisor' as KindName, name: spec.hypervisor, path: 'spec.hypervisor' }],
  claims,
  check,
  place: (manifest) => [{ target: { hypervisor: hypervisorName(manifest.spec.hypervisor) }, role: 'host' }],
  compile,
  vitals: (manifest, at, fleet) => (isOnLvm(manifest) ? vitals(manifest, at.target, fleet) : []),
})

/** What only one manifest on a hypervisor can have; a Container's root volume claims the same scope. */
function claims(manifest: AnyVolume): readonly Claim[] {
  const { hypervisor, image } = manifest.spec
  if (image !== undefined) return [{ scope: `image on ${hypervisor}`, value: image.path, path: 'spec.image.path' }]
  return isOnLvm(manifest) ? claimsOfVolume(manifest) : []
}

function claimsOfVolume(manifest: Volume): readonly Claim[] {
  const { hypervisor, lvm, mount } = manifest.spec
  const path = lvm.name === undefined ? 'metadata.name' : 'spec.lvm.name'
  return [
    { scope: `LV in ${lvm.volumeGroup} on ${hypervisor}`, value: volumeName(manifest), path },
    ...(mount === undefined ? [] : [{ scope: `mount path on ${hypervisor}`, value: mount.path, path: 'spec.mount.path' }]),
  ]
}
