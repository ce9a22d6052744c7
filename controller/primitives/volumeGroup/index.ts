import { definePrimitive } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { diff } from './diff.ts'
import { type GroupState, parse, probe } from './probe.ts'
import type { VolumeGroupSpec } from './spec.ts'
import { retire, steps } from './steps.ts'

/** Volume groups of LVM2: made once, on devices that are named and proven blank; never changed and never removed. `shared`: one that stands is anybody's. */
export const volumeGroupPrimitive = definePrimitive<VolumeGroupSpec, GroupState>({
  type: 'volumeGroup',
  retiresRetained: true,
  ownership: 'shared',
  // Its devices matter only where it is made, and are no field that could drift.
  fields: () => ({ existence: 'yes' }),
  watched: ({ name }) => [{ on: 'block' }, ...paths(`/etc/lvm/backup/${name}`)],
  probe,
  parse,
  diff,
  steps,
  retire,
  release: 'retained',
})
