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
  readonly preallocation: 'off' | 'metadata' | 'falloc' | 'full'
  /** Owner, group and mode (four octal digits) of the file; absent: whatever they are, root's and 0600 where it is made. */
  readonly owner?: string
  readonly group?: string
  readonly mode?: string
  /** Manual: a larger wanted size is reported, not carried out. */
  readonly growPolicy: 'Automatic' | 'Manual'
}

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
