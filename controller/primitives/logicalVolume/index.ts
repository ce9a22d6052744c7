import { definePrimitive } from '../../model/primitive.ts'
import { paths } from '../../model/watched.ts'
import { diff, fieldsOf } from './diff.ts'
import { parse, probe } from './probe.ts'
import type { LogicalVolumeSpec, LogicalVolumeState } from './spec.ts'
import { steps } from './steps.ts'
import { release, retire } from './trash.ts'

/** Logical volumes of LVM2: create, adopt, activate, grow; never shrink. What Git gave up with Delete waits in the trash before it goes. */
export const logicalVolumePrimitive = definePrimitive<LogicalVolumeSpec, LogicalVolumeState>({
  type: 'logicalVolume',
  retiresRetained: true,
  isGround: true,
  ownership: 'exclusive',
  fields: fieldsOf,
  watched: ({ volumeGroup }) => [{ on: 'block' }, ...paths(`/etc/lvm/backup/${volumeGroup}`)],
  probe,
  parse,
  diff,
  steps,
  retire,
  release,
})
