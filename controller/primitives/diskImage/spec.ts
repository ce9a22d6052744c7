import { createHash } from 'node:crypto'
import type { PrimitiveId } from '../../model/ids.ts'
import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** Disk of a virtual machine in a file of the format qcow2 (qemu-img(1)): made once, from nothing or from another image, then only grown. */
export interface DiskImageSpec extends Spec<'diskImage'> {
  readonly path: string
  /** Size that the virtual machine sees, in bytes, decimal. */
  readonly sizeBytes: string
  /** Where its content comes from when it is made. `copy`: a copy that stands alone · `backing`: only what differs is kept here, the rest is read there for ever. */
  readonly source?: { readonly how: 'copy' | 'backing'; readonly path: string }
  /** What is written into its filesystem from outside, once for each change of it: what the machine makes of it later is the machine's. */
  readonly customize?: Customization
  readonly preallocation: 'off' | 'metadata' | 'falloc' | 'full'
  /** Owner, group and mode (four octal digits) of the file; absent: whatever they are, root's and 0600 where it is made. */
  readonly owner?: string
  readonly group?: string
  readonly mode?: string
  /** Manual: a larger wanted size is reported, not carried out. */
  readonly growPolicy: 'Automatic' | 'Manual'
}

/** Files in an image's filesystem. */
export interface Customization {
  /** Number of the partition; 0: the image has no partition table. */
  readonly partition: number
  readonly files: readonly CustomFile[]
}

export interface CustomFile {
  /** Absolute, normalised, as the machine sees it; no folder of it may be a symbolic link. */
  readonly path: string
  readonly content: string
  /** Four octal digits. */
  readonly mode: string
  /** `UID:GID` in numbers, which need not be known on the hypervisor. */
  readonly owner: string
}

/** What is kept beside the image once it was customized. */
export function customizedAs({ partition, files }: Customization): string {
  const words = files.map(({ path, content, mode, owner }) => [path, content, mode, owner])
  return createHash('sha256')
    .update(JSON.stringify([partition, words]))
    .digest('hex')
}

/** The file beside an image that holds the hash of what was written into it. */
export const customizedSuffix = '.reeve-customized'

export type DiskImageWish = Omit<DiskImageSpec, 'type' | 'id' | 'sizeBytes' | 'preallocation' | 'growPolicy'> & {
  readonly sizeBytes: bigint
  readonly preallocation?: DiskImageSpec['preallocation']
  readonly growPolicy?: DiskImageSpec['growPolicy']
}

/** A wanted image. deletionPolicy is Retain unless said otherwise. */
export function diskImage(wish: DiskImageWish): DiskImageSpec {
  const { sizeBytes, preallocation = 'off', growPolicy = 'Automatic', deletionPolicy = 'Retain', ...rest } = wish
  return {
    ...rest,
    type: 'diskImage',
    id: diskImageId(wish.path),
    sizeBytes: qcowSize(sizeBytes),
    preallocation,
    growPolicy,
    deletionPolicy,
  }
}

/** qcow2 counts in sectors of 512 bytes. */
function qcowSize(bytes: bigint): string {
  return String(((bytes + 511n) / 512n) * 512n)
}

export function diskImageId(path: string): PrimitiveId {
  return primitiveId('diskImage', path)
}
