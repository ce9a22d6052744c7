import type { Difference, FieldDifference } from '../../model/change.ts'
import { same } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { formatBytes } from '../../model/quantity.ts'
import type { ImageHeader } from './header.ts'
import { type DiskImageState, folderOf, type ImageSurroundings } from './probe.ts'
import { type Customization, customizedAs, type DiskImageSpec } from './spec.ts'

/** Made where nothing is, grown, given its owner and mode; all else that differs is refused. */
export function diff(spec: DiskImageSpec, observed: Known<DiskImageState>, last: LedgerEntry | undefined): Difference {
  if (observed.status === 'absent') return diffAbsent(spec, observed.around as ImageSurroundings | undefined, last)
  const { state } = observed
  const reasons = refusals(spec, state)
  if (reasons.length > 0) return { status: 'refused', reasons }
  const wanted = BigInt(spec.sizeBytes)
  const fields: FieldDifference[] = []
  if (state.sizeBytes !== undefined && state.sizeBytes < wanted)
    fields.push({ field: 'size', before: formatBytes(state.sizeBytes), after: formatBytes(wanted) })
  if (spec.customize !== undefined && isToBeCustomized(spec, state))
    fields.push({ field: 'customize', before: state.customized === '' ? undefined : 'other files', after: filesOf(spec.customize) })
  for (const field of ['owner', 'group', 'mode'] as const)
    if (spec[field] !== undefined && spec[field] !== state[field]) fields.push({ field, before: state[field], after: spec[field] })
  return fields.length === 0 ? same : { status: 'change', change: { action: 'update', impact: 'none', fields } }
}

/** By the names that `diff` uses. */
export function fieldsOf({ sizeBytes, source, customize, owner, group, mode }: DiskImageSpec): Readonly<Record<string, string>> {
  return {
    size: sizeBytes,
    ...(source?.how === 'backing' ? { backing: source.path } : {}),
    ...(customize === undefined ? {} : { customize: customizedAs(customize) }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(mode === undefined ? {} : { mode }),
  }
}

function diffAbsent(spec: DiskImageSpec, around: ImageSurroundings | undefined, last: LedgerEntry | undefined): Difference {
  const reasons = around === undefined ? [] : creationRefusals(spec, around)
  if (reasons.length > 0) return { status: 'refused', reasons }
  const fields: FieldDifference[] = [{ field: 'size', before: undefined, after: formatBytes(BigInt(spec.sizeBytes)) }]
  if (spec.source !== undefined) fields.push({ field: spec.source.how, before: undefined, after: spec.source.path })
  if (spec.customize !== undefined) fields.push({ field: 'customize', before: undefined, after: filesOf(spec.customize) })
  if (last?.state !== 'done') return { status: 'change', change: { action: 'create', impact: 'none', fields } }
  // It stood and is gone. A new one in its place would hide the loss, so a person has to say yes.
  fields.push({ field: 'data', before: 'was there and is gone', after: 'a new image' })
  return { status: 'change', change: { action: 'create', impact: 'dataLoss', fields } }
}

function filesOf({ files }: Customization): string {
  return files.map(({ path }) => path).join(', ')
}

function creationRefusals(spec: DiskImageSpec, { hasTool, source, hasFolder }: ImageSurroundings): readonly string[] {
  const reasons: string[] = []
  if (!hasTool) reasons.push('there is no qemu-img on this host; install qemu-utils (system.packages of the Hypervisor)')
  if (!hasFolder) reasons.push(`${folderOf(spec.path)} is not there; make it, or correct the path`)
  if (spec.source !== undefined) reasons.push(...sourceRefusals(spec, spec.source.path, source))
  return reasons
}

function sourceRefusals(spec: DiskImageSpec, path: string, source: ImageHeader | undefined): readonly string[] {
  if (source === undefined) return [`${path}, which ${spec.path} is to be made from, is not there, or is no plain file`]
  if (source.format !== 'qcow2')
    return [`${path} holds ${source.format}; only a qcow2 can be taken. Convert it once: qemu-img convert -O qcow2`]
  if (source.isCorrupt) return [`${path} is marked as corrupt; see qemu-img check ${path}`]
  const size = source.sizeBytes ?? 0n
  return size > BigInt(spec.sizeBytes)
    ? [
        `${path} is ${formatBytes(size)}; spec asks ${formatBytes(BigInt(spec.sizeBytes))} for what is made from it, and images are never shrunk`,
      ]
    : []
}

function isToBeCustomized({ customize }: DiskImageSpec, { customized }: DiskImageState): boolean {
  return customize !== undefined && customized !== customizedAs(customize)
}

function refusals(spec: DiskImageSpec, state: DiskImageState): readonly string[] {
  const { path, source, growPolicy } = spec
  if (state.format !== 'qcow2')
    return [`${path} already holds ${state.format}, and is never overwritten; choose another path, or move it away`]
  if (state.isCorrupt) return [`${path} is marked as corrupt; see qemu-img check ${path}`]
  if (source?.how === 'backing' && state.backing !== source.path)
    return [
      `${path} is backed by ${state.backing === '' ? 'nothing' : state.backing}; spec asks ${source.path}, and its content would be another one. Set backingFile back, or make a new image`,
    ]
  if (isToBeCustomized(spec, state) && state.isInUse)
    return [`${path} is to be customized, and a virtual machine has it open; stop the machine, or take spec.image.customize back`]
  if (isToBeCustomized(spec, state) && state.snapshots > 0)
    return [`${path} is to be customized, but holds ${state.snapshots} snapshot(s) inside, which a copy of it would lose`]
  const [found, wanted] = [state.sizeBytes ?? 0n, BigInt(spec.sizeBytes)]
  const sizes = `${path} is ${formatBytes(found)}; spec asks ${formatBytes(wanted)}`
  if (found > wanted) return [`${sizes}. Images are never shrunk: set the size back, or make a new image`]
  if (found === wanted) return []
  if (growPolicy === 'Manual') return [`${sizes}, and growPolicy is Manual: grow it by hand, or set growPolicy: Automatic`]
  if (state.isInUse)
    return [`${sizes}, and a virtual machine has it open: virsh blockresize DOMAIN ${path} ${wanted}B grows it while it runs`]
  return state.snapshots > 0 ? [`${sizes}, but it holds ${state.snapshots} snapshot(s) inside, with which it cannot be resized`] : []
}
