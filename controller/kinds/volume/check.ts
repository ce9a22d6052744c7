import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { formatBytes, parseBytes } from '../../model/quantity.ts'
import { refuseName } from '../../primitives/logicalVolume/spec.ts'
import { checkImage } from './check-image.ts'
import { checkLvm } from './check-lvm.ts'
import { checkQuantity } from './check-size.ts'
import { type AnyVolume, isOnLvm, type Volume, volumeName } from './names.ts'

/** What the schema cannot say of one volume. */
export function check(manifest: AnyVolume, fleet: Fleet): readonly Diagnostic[] {
  const { lvm, image } = manifest.spec
  if ((lvm === undefined) === (image === undefined))
    return [
      complain(
        manifest,
        'spec',
        lvm === undefined ? 'a volume needs lvm or image: neither is written' : 'a volume is on lvm or is an image: both are written',
        'write lvm: {volumeGroup, size} for a logical volume, image: {path, size} for a disk of a virtual machine',
      ),
    ]
  return isOnLvm(manifest) ? checkLogicalVolume(manifest, fleet) : checkImage(manifest, fleet)
}

function checkLogicalVolume(manifest: Volume, fleet: Fleet): readonly Diagnostic[] {
  return [
    ...checkNames(manifest),
    ...checkSize(manifest),
    ...checkLvm(manifest, fleet),
    ...checkFilesystem(manifest),
    ...checkMount(manifest),
  ]
}

function checkNames(manifest: Volume): readonly Diagnostic[] {
  const { volumeGroup, name } = manifest.spec.lvm
  const group =
    /^[a-zA-Z0-9+_.][a-zA-Z0-9+_.-]*$/.test(volumeGroup) && !['.', '..'].includes(volumeGroup)
      ? undefined
      : 'is not a name that vgcreate takes'
  const volume = refuseName(volumeName(manifest))
  const where = name === undefined ? 'metadata.name' : 'spec.lvm.name'
  return [
    ...(group === undefined ? [] : [complain(manifest, 'spec.lvm.volumeGroup', `volume group ${volumeGroup} ${group}`)]),
    ...(volume === undefined
      ? []
      : [complain(manifest, where, `logical volume name ${volumeName(manifest)} ${volume}`, 'set spec.lvm.name')]),
  ]
}

/** mkfs.xfs(8) refuses by a rule. mkfs.btrfs(8) is content with 109 MiB, but the kernel resizes to no less than 256 MiB (fs/btrfs/ioctl.c). */
const least: Readonly<Record<string, readonly [mib: bigint, why: string]>> = {
  xfs: [300n, 'mkfs.xfs needs 300 MiB'],
  btrfs: [256n, 'btrfs cannot be grown below 256 MiB'],
}

function checkSize(manifest: Volume): readonly Diagnostic[] {
  const { lvm, filesystem } = manifest.spec
  const wrong = checkQuantity(manifest, 'spec.lvm.size', lvm.size, 'LVM')
  const size = parseBytes(lvm.size)
  if (wrong.length > 0 || !size.ok) return wrong
  const [mib, why] = least[filesystem?.type ?? ''] ?? [0n, '']
  if (size.value >= mib << 20n) return []
  return [complain(manifest, 'spec.lvm.size', `${why}, this is ${formatBytes(size.value)}`, `set size to ${mib}Mi or more, or take ext4`)]
}

const mostLabel = { ext2: 16, ext3: 16, ext4: 16, xfs: 12, btrfs: 255, swap: 15 } as const

function checkFilesystem(manifest: Volume): readonly Diagnostic[] {
  const { filesystem, mount } = manifest.spec
  if (filesystem === undefined)
    return mount === undefined
      ? []
      : [complain(manifest, 'spec.mount', 'a volume without a filesystem cannot be mounted', 'add spec.filesystem: {type: ext4}')]
  const { type, label = '' } = filesystem
  const most = mostLabel[type]
  return [
    ...(label.length > most
      ? [complain(manifest, 'spec.filesystem.label', `a label on ${type} has at most ${most} characters, ${label} has ${label.length}`)]
      : []),
    ...(type === 'swap' && mount !== undefined
      ? [
          complain(
            manifest,
            'spec.mount',
            'swap is not mounted: it is taken into use, and has its line of fstab, without spec.mount',
            'leave out spec.mount',
          ),
        ]
      : []),
    ...(type === 'ext2' || type === 'ext3'
      ? [warn(manifest, 'spec.filesystem.type', `${type} is served by the ext4 driver`, 'a new volume is better off with ext4')]
      : []),
  ]
}

// Their content is the running system: a mount there hides it.
const systemFolders = [
  '/',
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/tmp',
  '/usr',
  '/var',
  '/var/lib',
  '/var/lib/lxc',
  '/var/lib/reeve',
]
const systemTrees = ['/dev', '/etc', '/proc', '/run', '/sys', '/var/lib/reeve']
const foreignOptions = ['bind', 'rbind', 'move', 'remount', 'loop', 'noauto', 'x-reeve.id']

function checkMount(manifest: Volume): readonly Diagnostic[] {
  const { mount } = manifest.spec
  if (mount === undefined) return []
  return [...checkPath(manifest, mount.path), ...(mount.options ?? []).flatMap((option, index) => checkOption(manifest, option, index))]
}

function checkPath(manifest: Volume, path: string): readonly Diagnostic[] {
  const at = 'spec.mount.path'
  const parts = path.split('/').slice(1)
  if (path !== '/' && parts.some((part) => part === '' || part === '.' || part === '..'))
    return [complain(manifest, at, `mount.path ${path} is not normalised: no empty part, no . and no .., no / at the end`)]
  const isSystem = systemFolders.includes(path) || systemTrees.some((tree) => path.startsWith(`${tree}/`))
  return isSystem
    ? [
        complain(
          manifest,
          at,
          `mount.path ${path} is a system directory: a volume there would hide the running system`,
          'choose a path below /srv, /home or /var/lib',
        ),
      ]
    : []
}

function checkOption(manifest: Volume, option: string, index: number): readonly Diagnostic[] {
  const at = `spec.mount.options[${index}]`
  const name = option.split('=')[0] ?? ''
  if (name === 'noauto')
    return [complain(manifest, at, 'noauto contradicts the mount that is asked for', 'leave out spec.mount to keep it unmounted')]
  if (name === 'subvol' || name === 'subvolid')
    return [
      complain(
        manifest,
        at,
        `option ${name} mounts a part of a btrfs, and only whole volumes are mounted`,
        'leave it out; a folder of the mounted volume does the same',
      ),
    ]
  return foreignOptions.includes(name) ? [complain(manifest, at, `option ${name} does not belong to a mount of a volume`)] : []
}

function warn(manifest: Volume, path: string, summary: string, hint: string): Diagnostic {
  return { ...complain(manifest, path, summary, hint), severity: 'warning' }
}
