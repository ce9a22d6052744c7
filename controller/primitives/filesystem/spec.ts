import type { PrimitiveId } from '../../model/ids.ts'
import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import { devicePath } from '../logicalVolume/spec.ts'

export const formats = ['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'swap'] as const
export type Format = (typeof formats)[number]

/** A filesystem, or a swap area, on a logical volume: made once on a volume that never held data, then only grown to the size of the volume. Mounting it is another matter. */
export interface FilesystemSpec extends Spec<'filesystem'> {
  readonly volumeGroup: string
  /** The logical volume's name. */
  readonly name: string
  /** mkfs type. */
  readonly format: Format
  /** Absent: whatever it carries. At most 16 bytes on ext, 15 on swap, 12 on xfs, 255 on btrfs. */
  readonly label?: string
  /** Manual: a filesystem smaller than its volume is reported, not grown. */
  readonly growPolicy: 'Automatic' | 'Manual'
}

export type FilesystemWish = Omit<FilesystemSpec, 'type' | 'id' | 'growPolicy'> & { readonly growPolicy?: 'Automatic' | 'Manual' }

/** A wanted filesystem. Let `needs` name its logicalVolume. deletionPolicy is Retain unless said otherwise. */
export function filesystem(wish: FilesystemWish): FilesystemSpec {
  const { growPolicy = 'Automatic', deletionPolicy = 'Retain', ...rest } = wish
  return { ...rest, type: 'filesystem', id: filesystemId(wish.volumeGroup, wish.name), growPolicy, deletionPolicy }
}

export function filesystemId(volumeGroup: string, name: string): PrimitiveId {
  return primitiveId('filesystem', devicePath(volumeGroup, name))
}

/** What stands on the device. */
export interface FilesystemState {
  /** ext4, xfs, … or what blkid(8) calls it: swap, LVM2_member, crypto_LUKS, dos (a partition table). */
  readonly content: string
  readonly label: string
  readonly uuid: string
  /** Size of the filesystem by its superblock; undefined for what we cannot read. */
  readonly sizeBytes: bigint | undefined
  /** Size that its own tools would give it on this device (they leave a rest behind that is too small for a block group). */
  readonly fullBytes: bigint | undefined
  readonly deviceBytes: bigint
  /** The kernel has it mounted, in whatever namespace, or swaps to it. */
  readonly isMounted: boolean
}
