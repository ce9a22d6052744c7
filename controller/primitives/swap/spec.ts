import type { PrimitiveId } from '../../model/ids.ts'
import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** A swap area in use, now and at boot: swapon(8), and one line of fstab(5) that is marked as ours by the option `x-reeve.id=FLEET/KIND/NAME`. */
export interface SwapSpec extends Spec<'swap'> {
  /** `/dev/vg/lv`. */
  readonly device: string
}

/** A wanted swap area. Let `needs` name its filesystem. deletionPolicy is Retain unless said otherwise. */
export function swap(wish: Omit<SwapSpec, 'type' | 'id'>): SwapSpec {
  const { deletionPolicy = 'Retain', ...rest } = wish
  return { ...rest, type: 'swap', id: swapId(wish.device), deletionPolicy }
}

export function swapId(device: string): PrimitiveId {
  return primitiveId('swap', device)
}
