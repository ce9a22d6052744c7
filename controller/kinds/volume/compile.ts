import type { Fleet } from '../../model/fleet.ts'
import type { Needed, Spec } from '../../model/primitive.ts'
import { parseBytes } from '../../model/quantity.ts'
import type { Placement, Target } from '../../model/target.ts'
import { filesystem, filesystemId } from '../../primitives/filesystem/spec.ts'
import { logicalVolume, logicalVolumeId } from '../../primitives/logicalVolume/spec.ts'
import { type MountSpec, mount, mountId } from '../../primitives/mount/spec.ts'
import { deviceOf, isBelow, type Volume, volumeName } from './names.ts'
import type { VolumeSpec } from './spec.ts'

/** A volume, its filesystem, its mount: each needs the one before. */
export function compile(manifest: Volume, at: Placement, fleet: Fleet): readonly Spec[] {
  const { lvm, filesystem: wanted, growPolicy = 'Automatic' } = manifest.spec
  const place = { volumeGroup: lvm.volumeGroup, name: volumeName(manifest) }
  const size = parseBytes(lvm.size)
  if (!size.ok) throw new Error(`${manifest.id} was not checked: ${size.reason}`)
  const rest = common(manifest.spec)
  const volume = logicalVolume({ ...place, ...rest, sizeBytes: size.value, growPolicy, pending: wanted === undefined ? [] : ['mkfs'] })
  if (wanted === undefined) return [volume]
  const needs = [{ target: at.target, id: logicalVolumeId(place.volumeGroup, place.name) }]
  const label = wanted.label === undefined ? {} : { label: wanted.label }
  return [
    volume,
    filesystem({ ...place, ...rest, ...label, format: wanted.type, growPolicy, needs }),
    ...compileMount(manifest, at.target, fleet),
  ]
}

function compileMount(manifest: Volume, target: Target, fleet: Fleet): readonly MountSpec[] {
  const { filesystem: format, mount: wanted, lvm } = manifest.spec
  if (wanted === undefined || format === undefined) return []
  const { path, options = [], dump = 0, pass = format.type === 'xfs' ? 0 : 2, owner = '', mode } = wanted
  const [user = '', group = ''] = owner.split(':')
  const needs: readonly Needed[] = [
    { target, id: filesystemId(lvm.volumeGroup, volumeName(manifest)) },
    ...mountsAbove(manifest, path, target, fleet),
  ]
  return [
    mount({
      ...common(manifest.spec),
      ...{ path, device: deviceOf(manifest), format: format.type, dump, pass, needs },
      ...(options.length === 0 ? {} : { options }),
      ...(user === '' ? {} : { owner: user }),
      ...(group === '' ? {} : { group }),
      ...(mode === undefined ? {} : { mode }),
    }),
  ]
}

/** Mounted first: what is mounted below a path would be hidden by a later mount on that path. */
function mountsAbove(manifest: Volume, path: string, target: Target, fleet: Fleet): readonly Needed[] {
  return fleet
    .all('Volume')
    .flatMap((other) =>
      other.spec.hypervisor === manifest.spec.hypervisor && other.spec.mount !== undefined ? [other.spec.mount.path] : [],
    )
    .filter((outer) => isBelow(path, outer))
    .map((outer) => ({ target, id: mountId(outer) }))
}

function common(spec: VolumeSpec): Pick<Spec, 'deletionPolicy' | 'adopt' | 'driftPolicy'> {
  const { deletionPolicy = 'Retain', adopt, driftPolicy } = spec
  return { deletionPolicy, ...(adopt === undefined ? {} : { adopt }), ...(driftPolicy === undefined ? {} : { driftPolicy }) }
}
