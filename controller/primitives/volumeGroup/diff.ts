import type { Difference, FieldDifference } from '../../model/change.ts'
import { same } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { GroupState, GroupSurroundings } from './probe.ts'
import type { VolumeGroupSpec } from './spec.ts'

/** One that stands is as wanted, whatever its devices. One that does not is made only where every device named for it is proven blank. */
export function diff(spec: VolumeGroupSpec, observed: Known<GroupState>, last: LedgerEntry | undefined): Difference {
  if (observed.status === 'present') return same
  const around = observed.around as GroupSurroundings | undefined
  const reasons = around === undefined ? ['its devices were not looked at'] : refusals(spec, around)
  if (reasons.length > 0) return { status: 'refused', reasons }
  const devices: FieldDifference = { field: 'devices', before: undefined, after: spec.devices.join(', ') }
  if (last?.state !== 'done') return { status: 'change', change: { action: 'create', impact: 'none', fields: [devices] } }
  // It stood, with volumes in it, and is gone. An empty one in its place would hide the loss, so a person has to say yes.
  const loss: FieldDifference = { field: 'data', before: 'was there and is gone', after: 'a new, empty volume group' }
  return { status: 'change', change: { action: 'create', impact: 'dataLoss', fields: [devices, loss] } }
}

function refusals({ name, devices }: VolumeGroupSpec, { hasLvm, obstacles, kernelNames }: GroupSurroundings): readonly string[] {
  if (!hasLvm) return [`volume group ${name}: there is no lvm on this host; install lvm2`]
  const used = devices.flatMap((device) => (obstacles.get(device) ?? []).map((why) => `${device} ${why}`))
  const twice = devices.filter((device, index) => devices.findIndex((one) => kernelNames.get(one) === kernelNames.get(device)) !== index)
  return [
    ...used.map(
      (why) =>
        `volume group ${name} is not made: ${why}. Only a device that is proven blank is taken; if what it holds may go, wipe it by hand`,
    ),
    ...twice.map(
      (device) => `volume group ${name} is not made: ${device} is the same disk as another of its devices (${kernelNames.get(device)})`,
    ),
  ]
}
