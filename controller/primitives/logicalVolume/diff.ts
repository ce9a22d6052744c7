import type { Difference, FieldDifference } from '../../model/change.ts'
import { same } from '../../model/change.ts'
import type { PrimitiveId } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { formatBytes } from '../../model/quantity.ts'
import { volumeGroupId } from '../volumeGroup/spec.ts'
import type { VolumeSurroundings } from './probe.ts'
import type { GroupReport } from './report.ts'
import {
  defaultTrashDays,
  type LogicalVolumeSpec,
  type LogicalVolumeState,
  logicalVolumeId,
  pendingTag,
  trashDaysOf,
  type VolumeGroupState,
} from './spec.ts'
import { findTrashed } from './trash.ts'

/** Compares in whole extents, decides every refusal before anything is touched, and never asks for less than there is. */
export function diff(spec: LogicalVolumeSpec, observed: Known<LogicalVolumeState>, last: LedgerEntry | undefined): Difference {
  if (observed.status === 'absent') return diffAbsent(spec, observed.around as VolumeSurroundings | undefined, last)
  const { state } = observed
  const reasons = refusals(spec, state)
  if (reasons.length > 0) return { status: 'refused', reasons }
  const fields: FieldDifference[] = []
  if (!state.isActive) fields.push({ field: 'active', before: 'no', after: 'yes' })
  const wanted = wantedSize(spec, state.group, state.stripes)
  if (state.sizeBytes < wanted) fields.push({ field: 'size', before: formatBytes(state.sizeBytes), after: formatBytes(wanted) })
  // Whoever has it open reads or writes it: it is no longer one that never held data.
  if (state.isOpen && state.tags.includes(pendingTag('mkfs'))) fields.push({ field: 'mkfs-pending', before: 'yes', after: 'no' })
  // A volume that is only now taken over gets its tags once the ledger knows it: an equal thing is taken over without a step.
  if (last !== undefined) fields.push(...tagFields(spec, state, observed.mark !== undefined))
  return fields.length === 0 ? same : { status: 'change', change: { action: 'update', impact: 'none', fields } }
}

/** By the names that `diff` uses; active, mkfs-pending and mark are the same in every spec. */
export function fieldsOf(spec: LogicalVolumeSpec): Readonly<Record<string, string>> {
  const days = wantedTrashDays(spec)
  const layout = [spec.isThinPool ? 'thin pool' : '', spec.thinPool ?? '', spec.stripes ?? ''].join(' ').trim()
  return {
    size: spec.sizeBytes,
    active: 'yes',
    'mkfs-pending': 'no',
    mark: 'ours',
    ...(layout === '' ? {} : { layout }),
    ...(days === undefined ? {} : { 'trash-days': String(days) }),
  }
}

/** Days that are worth a tag: a volume that is never put into the trash needs none, and no tag means the default. */
export function wantedTrashDays(spec: LogicalVolumeSpec): number | undefined {
  const { deletionPolicy, trashDays = defaultTrashDays } = spec
  return deletionPolicy === 'Delete' && trashDays !== defaultTrashDays ? trashDays : undefined
}

function tagFields(spec: LogicalVolumeSpec, { tags }: LogicalVolumeState, isMarked: boolean): readonly FieldDifference[] {
  const [before, after] = [trashDaysOf(tags), wantedTrashDays(spec)]
  // What is not to be deleted may keep an old number of days: it means nothing then.
  const isOther = before !== after && spec.deletionPolicy === 'Delete'
  return [
    ...(isOther
      ? [{ field: 'trash-days', before: String(before ?? defaultTrashDays), after: String(spec.trashDays ?? defaultTrashDays) }]
      : []),
    ...(isMarked ? [] : [{ field: 'mark', before: 'none', after: 'ours' }]),
  ]
}

function diffAbsent(spec: LogicalVolumeSpec, around: VolumeSurroundings | undefined, last: LedgerEntry | undefined): Difference {
  const found = around?.groups[0]
  const trashed = found && spec.bringsBack ? findTrashed(found.volumes, spec.name, spec.bringsBack) : undefined
  if (trashed !== undefined) return create([{ field: 'data', before: `in the trash as ${trashed.name}`, after: 'back in its place' }])
  const isToCome = found === undefined && needs(spec, volumeGroupId(spec.volumeGroup))
  if (found === undefined && !isToCome) return { status: 'refused', reasons: [groupMissing(spec.volumeGroup, around)] }
  const wanted = wantedSize(spec, found?.group)
  const reasons =
    found === undefined ? [] : [...groupRefusals(found.group), ...poolRefusals(spec, found), ...creationRefusals(spec, found.group, wanted)]
  if (reasons.length > 0) return { status: 'refused', reasons }
  const size: FieldDifference = { field: 'size', before: undefined, after: formatBytes(wanted) }
  if (last?.state !== 'done') return create([size])
  // It stood and is gone. An empty one in its place would hide the loss, so a person has to say yes.
  const loss: FieldDifference = { field: 'data', before: 'was there and is gone', after: 'a new, empty volume' }
  return { status: 'change', change: { action: 'create', impact: 'dataLoss', fields: [size, loss] } }
}

function create(fields: readonly FieldDifference[]): Difference {
  return { status: 'change', change: { action: 'create', impact: 'none', fields } }
}

function needs(spec: LogicalVolumeSpec, id: PrimitiveId): boolean {
  return spec.needs?.some((needed) => needed.id === id) ?? false
}

function refusals(spec: LogicalVolumeSpec, state: LogicalVolumeState): readonly string[] {
  const layout = layoutRefusal(spec, state)
  if (layout !== undefined) return [layout]
  const wanted = wantedSize(spec, state.group, state.stripes)
  if (wanted < state.sizeBytes) return [shrinkRefusal(spec, state.sizeBytes)]
  if (wanted === state.sizeBytes) return []
  return [...growRefusals(spec, state, wanted), ...groupRefusals(state.group)]
}

/** What a volume is made of cannot be changed while it keeps its data. */
function layoutRefusal(spec: LogicalVolumeSpec, state: LogicalVolumeState): string | undefined {
  const path = `${spec.volumeGroup}/${spec.name}`
  const isPool = state.attributes.startsWith('t')
  if (isPool !== (spec.isThinPool ?? false))
    return isPool
      ? `${path} is a thin pool; set lvm.type to ThinPool, or choose another name`
      : `${path} is a ${state.layout} volume and no thin pool; choose another name for the pool`
  if (!/^[-oVt]/.test(state.attributes))
    return `${path} is not a plain or thin volume but ${state.layout} (lv_attr ${state.attributes}); choose another name`
  if (spec.thinPool !== undefined && spec.thinPool !== state.pool)
    return `${path} lies in ${state.pool === '' ? 'no thin pool' : `the thin pool ${state.pool}`}; spec asks for the pool ${spec.thinPool}. Take lvm.thinPool out, or create a new volume and copy`
  if (spec.stripes !== undefined && spec.stripes !== state.stripes)
    return `${path} is spread over ${state.stripes} device(s); spec asks ${spec.stripes}. Set lvm.stripes to ${state.stripes}, or create a new volume and copy`
  return undefined
}

function growRefusals(spec: LogicalVolumeSpec, state: LogicalVolumeState, wanted: bigint): readonly string[] {
  const path = `${spec.volumeGroup}/${spec.name}`
  const growth = `${path} is ${formatBytes(state.sizeBytes)}; spec asks ${formatBytes(wanted)}`
  if (spec.growPolicy === 'Manual')
    return [`${growth}, and growPolicy is Manual: run lvextend -L ${wanted}b ${path}, or set growPolicy: Automatic`]
  if (state.attributes.startsWith('o')) return [`${growth}, but it has a snapshot and cannot grow until that is removed or merged`]
  // A thin volume takes its space from the pool when it is written, not now.
  if (state.attributes.startsWith('V')) return []
  return [
    ...spaceRefusals(state.group, wanted - state.sizeBytes, wanted),
    ...stripeRefusals(state.group, wanted - state.sizeBytes, state.stripes),
  ]
}

function poolRefusals(spec: LogicalVolumeSpec, { group, volumes }: GroupReport): readonly string[] {
  const { thinPool } = spec
  if (thinPool === undefined) return []
  const pool = volumes.get(thinPool)
  if (pool === undefined) {
    if (needs(spec, logicalVolumeId(spec.volumeGroup, thinPool))) return []
    const pools = [...volumes].filter(([, volume]) => volume.attributes.startsWith('t')).map(([name]) => name)
    return [
      `thin pool ${group.name}/${thinPool} does not exist (there: ${pools.join(', ') || 'none'}); make it by a Volume with lvm.type: ThinPool`,
    ]
  }
  return pool.attributes.startsWith('t') ? [] : [`${group.name}/${thinPool} is no thin pool but a ${pool.layout} volume`]
}

function creationRefusals(spec: LogicalVolumeSpec, group: VolumeGroupState, wanted: bigint): readonly string[] {
  if (spec.thinPool !== undefined) return []
  return [...spaceRefusals(group, wanted, wanted), ...stripeRefusals(group, wanted, spec.stripes ?? 1)]
}

/** Each stripe lies on a device of its own: what a device has free beyond an equal share helps no other. */
function stripeRefusals(group: VolumeGroupState, needed: bigint, stripes: number): readonly string[] {
  if (stripes < 2 || needed > group.freeBytes) return []
  const share = needed / BigInt(stripes)
  const usable = group.freeByDevice.reduce((sum, free) => sum + (free < share ? free : share), 0n)
  if (usable >= needed) return []
  const found = group.freeByDevice.map((free) => formatBytes(free)).join(', ')
  return [
    `volume group ${group.name} cannot spread ${formatBytes(needed)} over ${stripes} devices: each needs ${formatBytes(share)} free, there is ${found || 'none'}; add a device with vgextend, or ask for fewer stripes`,
  ]
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

/** The size that lvcreate and lvextend make of it: whole extents, the same number of them on each stripe. A group that is still to come rounds by itself. */
export function wantedSize(spec: LogicalVolumeSpec, group: VolumeGroupState | undefined, stripes = 1): bigint {
  const bytes = BigInt(spec.sizeBytes)
  if (group === undefined) return bytes
  const unit = group.extentBytes * BigInt(spec.stripes ?? stripes)
  return ((bytes + unit - 1n) / unit) * unit
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
