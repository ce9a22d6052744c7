import type { PrimitiveId } from '../../model/ids.ts'
import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** A volume group of LVM2 (vgcreate(8)), made once on devices that hold nothing. Where one of that name stands, it is as it is; it is never removed. */
export interface VolumeGroupSpec extends Spec<'volumeGroup'> {
  readonly name: string
  /** Paths below /dev/disk/by-id or by-path, which stay the same from boot to boot. */
  readonly devices: readonly string[]
}

/** A wanted volume group. */
export function volumeGroup(name: string, devices: readonly string[]): VolumeGroupSpec {
  return { type: 'volumeGroup', id: volumeGroupId(name), name, devices, deletionPolicy: 'Retain' }
}

export function volumeGroupId(name: string): PrimitiveId {
  return primitiveId('volumeGroup', name)
}
