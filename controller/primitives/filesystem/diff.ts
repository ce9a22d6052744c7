import type { Difference, FieldDifference } from '../../model/change.ts'
import { same } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import { formatBytes } from '../../model/quantity.ts'
import { devicePath, pendingTag } from '../logicalVolume/spec.ts'
import type { BlankVolume } from './parse.ts'
import type { FilesystemSpec, FilesystemState } from './spec.ts'

/** mkfs only on what never held data; grow to the volume, also what an interrupted grow left; all else that differs is refused. */
export function diff(spec: FilesystemSpec, observed: Known<FilesystemState>): Difference {
  if (observed.status === 'absent') return diffBlank(spec, observed.around as BlankVolume | undefined)
  const { state } = observed
  const device = devicePath(spec.volumeGroup, spec.name)
  if (state.content !== spec.format) return refuse(foreignContent(spec, device, state.content))
  const fields: FieldDifference[] = []
  if (isSmall(state)) fields.push({ field: 'size', before: sizeText(state.sizeBytes), after: sizeText(state.fullBytes) })
  if (spec.label !== undefined && spec.label !== state.label) fields.push({ field: 'label', before: state.label, after: spec.label })
  const reason = refusal(spec, device, state, fields)
  if (reason !== undefined) return refuse(reason)
  return fields.length === 0 ? same : { status: 'change', change: { action: 'update', impact: 'none', fields } }
}

function diffBlank(spec: FilesystemSpec, around: BlankVolume | undefined): Difference {
  const device = devicePath(spec.volumeGroup, spec.name)
  if (around !== undefined && !around.tags.includes(pendingTag('mkfs')))
    return refuse(
      `${device} has no known signature but was not created by us: it may hold raw data. If it is empty, make the filesystem by hand (mkfs -t ${spec.format} ${device})`,
    )
  if (around !== undefined && !around.isZero)
    return refuse(
      `${device} was created by us, but something without a signature has been written to it since; if that may go, run wipefs and zero its first sectors by hand`,
    )
  return {
    status: 'change',
    change: { action: 'create', impact: 'none', fields: [{ field: 'format', before: undefined, after: spec.format }] },
  }
}

function foreignContent(spec: FilesystemSpec, device: string, content: string): string {
  if (content === 'several signatures')
    return `${device} carries several conflicting signatures; look with wipefs -n ${device} and remove the wrong one by hand`
  return `${device} already holds ${content}; spec asks ${spec.format}, and changing the filesystem would destroy it. Set filesystem.type to ${content}, or create a new volume and copy`
}

function refusal(spec: FilesystemSpec, device: string, state: FilesystemState, fields: readonly FieldDifference[]): string | undefined {
  const isGrow = fields.some(({ field }) => field === 'size')
  if (isGrow && spec.growPolicy === 'Manual')
    return `the ${spec.format} on ${device} is ${sizeText(state.sizeBytes)} of ${sizeText(state.fullBytes)}, and growPolicy is Manual: grow it by hand, or set growPolicy: Automatic`
  if (spec.format === 'xfs' && fields.some(({ field }) => field === 'label'))
    return `the xfs on ${device} is labelled ${JSON.stringify(state.label)}, spec asks ${JSON.stringify(spec.label)}; unmount it and run xfs_admin -L by hand, or take the label out of the spec`
  return undefined
}

function isSmall(state: FilesystemState): boolean {
  return state.sizeBytes !== undefined && state.fullBytes !== undefined && state.sizeBytes < state.fullBytes
}

function sizeText(bytes: bigint | undefined): string {
  return bytes === undefined ? 'unknown' : formatBytes(bytes)
}

function refuse(reason: string): Difference {
  return { status: 'refused', reasons: [reason] }
}
