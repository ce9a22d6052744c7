import type { Difference, FieldDifference } from '../../model/change.ts'
import { same } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { formatBytes } from '../../model/quantity.ts'
import type { VolumeSurroundings } from './probe.ts'
import { type LogicalVolumeSpec, type LogicalVolumeState, pendingTag, type VolumeGroupState } from './spec.ts'

/** Compares in whole extents, decides every refusal before anything is touched, and never asks for less than there is. */
export function diff(spec: LogicalVolumeSpec, observed: Known<LogicalVolumeState>, last: LedgerEntry | undefined): Difference {
  if (observed.status === 'absent') return diffAbsent(spec, observed.around as VolumeSurroundings | undefined, last)
  const { state } = observed
  const reasons = refusals(spec, state)
  if (reasons.length > 0) return { status: 'refused', reasons }
  const fields: FieldDifference[] = []
  if (!state.isActive) fields.push({ field: 'active', before: 'no', after: 'yes' })
  const wanted = roundUp(BigInt(spec.sizeBytes), state.group.extentBytes)
  if (state.sizeBytes < wanted) fields.push({ field: 'size', before: formatBytes(state.sizeBytes), after: formatBytes(wanted) })
  // Whoever has it open reads or writes it: it is no longer one that never held data.
  if (state.isOpen && state.tags.includes(pendingTag('mkfs'))) fields.push({ field: 'mkfs-pending', before: 'yes', after: 'no' })
  // A volume that is only now taken over gets its tag once the ledger knows it: an equal thing is taken over without a step.
  if (observed.mark === undefined && last !== undefined) fields.push({ field: 'mark', before: 'none', after: 'ours' })
  return fields.length === 0 ? same : { status: 'change', change: { action: 'update', impact: 'none', fields } }
}

function diffAbsent(spec: LogicalVolumeSpec, around: VolumeSurroundings | undefined, last: LedgerEntry | undefined): Difference {
  const found = around?.groups[0]?.group
  if (found === undefined) return { status: 'refused', reasons: [groupMissing(spec.volumeGroup, around)] }
  const wanted = roundUp(BigInt(spec.sizeBytes), found.extentBytes)
  const reasons = [...groupRefusals(found), ...spaceRefusals(found, wanted, wanted)]
  if (reasons.length > 0) return { status: 'refused', reasons }
  const size: FieldDifference = { field: 'size', before: undefined, after: formatBytes(wanted) }
  if (last?.state !== 'done') return { status: 'change', change: { action: 'create', impact: 'none', fields: [size] } }
  // It stood and is gone. An empty one in its place would hide the loss, so a person has to say yes.
  const loss: FieldDifference = { field: 'data', before: 'was there and is gone', after: 'a new, empty volume' }
  return { status: 'change', change: { action: 'create', impact: 'dataLoss', fields: [size, loss] } }
}

function refusals(spec: LogicalVolumeSpec, state: LogicalVolumeState): readonly string[] {
  const path = `${spec.volumeGroup}/${spec.name}`
  if (!/^[-oV]/.test(state.attributes))
    return [`${path} is not a plain or thin volume but ${state.layout} (lv_attr ${state.attributes}); choose another name`]
  const wanted = roundUp(BigInt(spec.sizeBytes), state.group.extentBytes)
  if (wanted < state.sizeBytes) return [shrinkRefusal(spec, state.sizeBytes)]
  if (wanted === state.sizeBytes) return []
  return [...growRefusals(spec, state, wanted), ...groupRefusals(state.group)]
}

function growRefusals(spec: LogicalVolumeSpec, state: LogicalVolumeState, wanted: bigint): readonly string[] {
  const path = `${spec.volumeGroup}/${spec.name}`
  const growth = `${path} is ${formatBytes(state.sizeBytes)}; spec asks ${formatBytes(wanted)}`
  if (spec.growPolicy === 'Manual')
    return [`${growth}, and growPolicy is Manual: run lvextend -L ${wanted}b ${path}, or set growPolicy: Automatic`]
  if (state.attributes.startsWith('o')) return [`${growth}, but it has a snapshot and cannot grow until that is removed or merged`]
  // A thin volume takes its space from the pool when it is written, not now.
  return state.attributes.startsWith('V') ? [] : spaceRefusals(state.group, wanted - state.sizeBytes, wanted)
}

function shrinkRefusal(spec: LogicalVolumeSpec, size: bigint): string {
  return `${spec.name} is ${formatBytes(size)}; spec asks ${formatBytes(BigInt(spec.sizeBytes))}. Volumes are never shrunk: set the size back to ${asQuantity(size)}, or create a new volume and copy`
}

function groupMissing(name: string, around: VolumeSurroundings | undefined): string {
  if (around !== undefined && !around.hasLvm) return `volume group ${name}: there is no lvm on this host; install lvm2 and create the group`
  const others = around?.groupNames.join(', ') || 'none'
  return `volume group ${name} does not exist on this host (there: ${others}); create it with vgcreate, or correct the name`
}

function groupRefusals(group: VolumeGroupState): readonly string[] {
  const [permission = '', , exported = ''] = group.attributes
  const reasons: string[] = []
  if (group.missingDevices > 0)
    reasons.push(
      `volume group ${group.name} misses ${group.missingDevices} of its devices; bring them back, or vgreduce --removemissing by hand`,
    )
  if (exported === 'x') reasons.push(`volume group ${group.name} is exported; run vgimport ${group.name}`)
  if (permission === 'r') reasons.push(`volume group ${group.name} is read-only; run vgchange --permission rw`)
  return reasons
}

function spaceRefusals(group: VolumeGroupState, needed: bigint, wanted: bigint): readonly string[] {
  if (needed <= group.freeBytes) return []
  const short = formatBytes(needed - group.freeBytes)
  const purpose = needed === wanted ? 'needed' : `more needed to reach ${formatBytes(wanted)}`
  return [
    `volume group ${group.name} has ${formatBytes(group.freeBytes)} free, ${formatBytes(needed)} ${purpose} (short by ${short}); add a device with vgextend, or ask for less`,
  ]
}

/** The size that lvcreate and lvextend make of it. */
export function roundUp(bytes: bigint, extentBytes: bigint): bigint {
  return ((bytes + extentBytes - 1n) / extentBytes) * extentBytes
}

function asQuantity(bytes: bigint): string {
  for (const [shift, unit] of [
    [40n, 'Ti'],
    [30n, 'Gi'],
    [20n, 'Mi'],
    [10n, 'Ki'],
  ] as const) {
    if (bytes % (1n << shift) === 0n) return `${bytes >> shift}${unit}`
  }
  return String(bytes)
}
