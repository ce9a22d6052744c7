import type { Fleet } from '../../model/fleet.ts'
import { hypervisorOf, manifestsBy } from '../../model/fleetIndex.ts'
import type { Needed, Spec } from '../../model/primitive.ts'
import { parseBytes } from '../../model/quantity.ts'
import type { Placement, Target } from '../../model/target.ts'
import { type Customization, diskImage } from '../../primitives/diskImage/spec.ts'
import { filesystem, filesystemId } from '../../primitives/filesystem/spec.ts'
import { type LogicalVolumeSpec, logicalVolume, logicalVolumeId } from '../../primitives/logicalVolume/spec.ts'
import { type MountSpec, mount, mountId } from '../../primitives/mount/spec.ts'
import { swap } from '../../primitives/swap/spec.ts'
import { volumeGroup, volumeGroupId } from '../../primitives/volumeGroup/spec.ts'
import { type AnyVolume, deviceOf, groupOf, isBelow, isOnLvm, poolOf, type Volume, volumeName } from './names.ts'
import type { VolumeSpec } from './spec.ts'

type Customize = NonNullable<NonNullable<VolumeSpec['image']>['customize']>

/** An image, or a volume with all that is on it. */
export function compile(manifest: AnyVolume, at: Placement, fleet: Fleet): readonly Spec[] {
  return isOnLvm(manifest) ? compileLvm(manifest, at, fleet) : compileImage(manifest)
}

function compileImage({ id, spec }: AnyVolume): readonly Spec[] {
  const { image, growPolicy = 'Automatic' } = spec
  const size = parseBytes(image?.size ?? '')
  if (image === undefined || !size.ok) throw new Error(`${id} was not checked`)
  const { path, copyFrom, backingFile, customize, preallocation = 'off', owner = '', mode } = image
  const [user = '', group = ''] = owner.split(':')
  const source = copyFrom ?? backingFile
  const how = copyFrom === undefined ? 'backing' : 'copy'
  return [
    diskImage({
      ...common(spec),
      ...{ path, sizeBytes: size.value, preallocation, growPolicy },
      ...(source === undefined ? {} : { source: { how, path: source } }),
      ...(customize === undefined ? {} : { customize: customizationOf(customize) }),
      ...(user === '' ? {} : { owner: user }),
      ...(group === '' ? {} : { group }),
      ...(mode === undefined ? {} : { mode }),
    }),
  ]
}

function customizationOf({ partition = 1, files }: Customize): Customization {
  return { partition, files: files.map(({ path, content, mode = '0644', owner = '0:0' }) => ({ path, content, mode, owner })) }
}

/** A volume, its filesystem, its mount: each needs the one before. */
function compileLvm(manifest: Volume, at: Placement, fleet: Fleet): readonly Spec[] {
  const { lvm, filesystem: wanted, growPolicy = 'Automatic' } = manifest.spec
  const groups = lvm.createVolumeGroup === undefined ? [] : [volumeGroup(lvm.volumeGroup, lvm.createVolumeGroup.devices)]
  const volume = compileVolume(manifest, at.target, fleet)
  if (wanted === undefined) return [...groups, volume]
  const place = { volumeGroup: lvm.volumeGroup, name: volumeName(manifest) }
  const rest = common(manifest.spec)
  const needs = [{ target: at.target, id: volume.id }]
  const label = wanted.label === undefined ? {} : { label: wanted.label }
  const files = filesystem({ ...place, ...rest, ...label, format: wanted.type, growPolicy, needs })
  if (wanted.type === 'swap')
    return [...groups, volume, files, swap({ ...rest, device: deviceOf(manifest), needs: [{ target: at.target, id: files.id }] })]
  return [...groups, volume, files, ...compileMount(manifest, at.target, fleet)]
}

function compileVolume(manifest: Volume, target: Target, fleet: Fleet): LogicalVolumeSpec {
  const { lvm, growPolicy = 'Automatic', trashDays, filesystem: wanted } = manifest.spec
  const size = parseBytes(lvm.size)
  if (!size.ok) throw new Error(`${manifest.id} was not checked: ${size.reason}`)
  const needs = neededByVolume(manifest, target, fleet)
  return logicalVolume({
    ...common(manifest.spec),
    ...{ volumeGroup: lvm.volumeGroup, name: volumeName(manifest), sizeBytes: size.value, growPolicy, bringsBack: manifest.id },
    pending: wanted === undefined ? [] : ['mkfs'],
    ...(lvm.type === 'ThinPool' ? { isThinPool: true } : {}),
    ...(lvm.thinPool === undefined ? {} : { thinPool: lvm.thinPool }),
    ...(lvm.stripes === undefined ? {} : { stripes: lvm.stripes }),
    ...(trashDays === undefined ? {} : { trashDays }),
    ...(needs.length === 0 ? {} : { needs }),
  })
}

/** A group that any manifest makes, and a pool of ours. */
function neededByVolume(manifest: Volume, target: Target, fleet: Fleet): readonly Needed[] {
  const { volumeGroup: group, createVolumeGroup } = manifest.spec.lvm
  const isMade = createVolumeGroup !== undefined || groupOf(manifest, fleet).some(({ spec }) => spec.lvm.createVolumeGroup !== undefined)
  const pool = poolOf(manifest, fleet)
  return [
    ...(isMade ? [{ target, id: volumeGroupId(group) }] : []),
    ...(pool === undefined ? [] : [{ target, id: logicalVolumeId(group, volumeName(pool)) }]),
  ]
}

function compileMount(manifest: Volume, target: Target, fleet: Fleet): readonly MountSpec[] {
  const { filesystem: format, mount: wanted, lvm } = manifest.spec
  if (wanted === undefined || format === undefined) return []
  const { path, options = [], dump = 0, pass = isCheckedAtBoot(format.type) ? 2 : 0, owner = '', mode } = wanted
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

/** fsck.xfs(8) and fsck.btrfs(8) do nothing, on purpose. */
function isCheckedAtBoot(format: string): boolean {
  return format !== 'xfs' && format !== 'btrfs'
}

/** Mounted first: what is mounted below a path would be hidden by a later mount on that path. */
function mountsAbove(manifest: Volume, path: string, target: Target, fleet: Fleet): readonly Needed[] {
  return manifestsBy(fleet, 'Volume', hypervisorOf, manifest.spec.hypervisor)
    .flatMap(({ spec }) => (spec.mount === undefined ? [] : [spec.mount.path]))
    .filter((outer) => isBelow(path, outer))
    .map((outer) => ({ target, id: mountId(outer) }))
}

function common(spec: VolumeSpec): Pick<Spec, 'deletionPolicy' | 'adopt' | 'driftPolicy'> {
  const { deletionPolicy = 'Retain', adopt, driftPolicy } = spec
  return { deletionPolicy, ...(adopt === undefined ? {} : { adopt }), ...(driftPolicy === undefined ? {} : { driftPolicy }) }
}
