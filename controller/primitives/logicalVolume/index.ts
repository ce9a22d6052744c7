import { definePrimitive } from '../../model/primitive.ts'
import { diff } from './diff.ts'
import { parse, probe } from './probe.ts'
import type { LogicalVolumeSpec, LogicalVolumeState } from './spec.ts'
import { retire, steps } from './steps.ts'

/** Logical volumes of LVM2: create, adopt, activate, grow; never shrink, never remove what may hold data. */
export const logicalVolumePrimitive = definePrimitive<LogicalVolumeSpec, LogicalVolumeState>({
  type: 'logicalVolume',
  retiresRetained: true,
  ownership: 'exclusive',
  // By the names that `diff` uses; active, mkfs-pending and mark are the same in every spec.
  fields: ({ sizeBytes }) => ({ size: sizeBytes, active: 'yes', 'mkfs-pending': 'no', mark: 'ours' }),
  probe,
  parse,
  diff,
  steps,
  retire,
  release: 'retained',
})
