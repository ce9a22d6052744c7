import type { PrimitiveId } from '../../model/ids.ts'
import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** A filesystem mounted at a path, now and at boot: one line of fstab(5), marked as ours by the option `x-reeve.id=FLEET/KIND/NAME`. */
export interface MountSpec extends Spec<'mount'> {
  readonly path: string
  /** `/dev/vg/lv`. */
  readonly device: string
  /** Type as fstab names it. */
  readonly format: string
  /** In the order of fstab, without nofail and x-reeve.id: those are always there. */
  readonly options: readonly string[]
  readonly dump: number
  readonly pass: number
  /** Owner and mode of the mounted root directory; absent: whatever they are. */
  readonly owner?: string
  readonly group?: string
  /** Four octal digits. */
  readonly mode?: string
}

export type MountWish = Omit<MountSpec, 'type' | 'id' | 'options' | 'dump' | 'pass'> & {
  readonly options?: readonly string[]
  readonly dump?: number
  readonly pass?: number
}

/** A wanted mount. Let `needs` name its filesystem and the mounts above it. deletionPolicy is Retain unless said otherwise. */
export function mount(wish: MountWish): MountSpec {
  const { options = ['defaults'], dump = 0, pass = 2, deletionPolicy = 'Retain', ...rest } = wish
  return { ...rest, type: 'mount', id: mountId(wish.path), options, dump, pass, deletionPolicy }
}

export function mountId(path: string): PrimitiveId {
  return primitiveId('mount', path)
}
