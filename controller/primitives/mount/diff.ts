import type { Difference, FieldDifference, Impact } from '../../model/change.ts'
import { same, worstImpact } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { escapePath, type FstabLine, withoutOwn } from '../../shell/fstab.ts'
import { liveFlags, shownFlags } from './options.ts'
import type { LiveMount, MountState } from './parse.ts'
import type { MountSpec } from './spec.ts'

/** By the names that `diff` uses, so that the ledger can tell whether Git or the host moved. */
export function fieldsOf(spec: MountSpec): Readonly<Record<string, string>> {
  const { owner, group, mode } = spec
  return {
    mounted: spec.device,
    options: liveFlags(spec.options).join(),
    fstab: wantedLine(spec, spec.options).join(' '),
    mark: 'ours',
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...(mode === undefined ? {} : { mode }),
  }
}

export function diff(spec: MountSpec, observed: Known<MountState>, last: LedgerEntry | undefined): Difference {
  const state = observed.status === 'absent' ? (observed.around as MountState) : observed.state
  const reasons = [...mountRefusals(spec, state), ...lineRefusals(spec, state)]
  if (reasons.length > 0) return { status: 'refused', reasons }
  const fields = [...liveFields(spec, state), ...lineFields(spec, state, last)]
  if (fields.length === 0) return same
  const impact = worstImpact(fields.map(({ field }): Impact => (field === 'options' ? 'reload' : 'none')))
  return { status: 'change', change: { action: observed.status === 'absent' ? 'create' : 'update', impact, fields } }
}

function mountRefusals(spec: MountSpec, state: MountState): readonly string[] {
  if (state.here.length > 1)
    return [
      `${state.here.length} devices are mounted over each other at ${spec.path} (${state.here.map(({ source }) => source).join(', ')}); unmount the upper ones`,
    ]
  const [mounted] = state.here
  if (mounted !== undefined) return mountedRefusals(spec, mounted, state)
  if (state.elsewhere.length > 0)
    return [`${spec.device} is mounted at ${state.elsewhere.join(', ')}, spec asks ${spec.path}; unmount it first`]
  if ((state.openCount ?? 0) > 0)
    return [`${spec.device} is in use but not mounted here: a container, a virtual machine or another mount namespace holds it`]
  return directoryRefusals(spec.path, state.directory)
}

function mountedRefusals(spec: MountSpec, mounted: LiveMount, state: MountState): readonly string[] {
  if (mounted.device !== state.device || mounted.root !== '/')
    return [
      `${spec.path} is already the mount point of ${mounted.source}${mounted.root === '/' ? '' : ` (its ${mounted.root})`}; unmount it, or choose another path`,
    ]
  const [isReadOnly, wantsReadOnly] = [mounted.flags.includes('ro'), spec.options.includes('ro')]
  if (isReadOnly && !wantsReadOnly)
    return [
      `${spec.path} is mounted read-only, perhaps by the kernel after an error; look into dmesg, check the filesystem, then mount -o remount,rw ${spec.path}`,
    ]
  if (!isReadOnly && wantsReadOnly)
    return [
      `${spec.path} is mounted for writing; making it read-only would fail whoever writes: run mount -o remount,ro ${spec.path} by hand`,
    ]
  return []
}

function directoryRefusals(path: string, directory: MountState['directory']): readonly string[] {
  if (directory === 'filled') return [`${path} is not empty: its files would be hidden; move them away`]
  if (directory === 'file') return [`${path} exists and is not a directory; move it away`]
  if (directory === 'link') return [`${path} is a symbolic link; write the path that it leads to`]
  return []
}

/** The user's own lines are never rewritten but for the one that already says what is wanted. */
function lineRefusals(spec: MountSpec, { lines, sameSources }: MountState): readonly string[] {
  const where = (line: FstabLine) => `/etc/fstab:${line.number}`
  if (lines.length > 1) return [`${spec.path} stands in several lines of fstab (${lines.map(where).join(', ')}); remove all but one`]
  const [line] = lines
  if (line === undefined || line.mark !== undefined || isSource(spec, line, sameSources)) return []
  return [`${where(line)} already mounts another device at ${spec.path}: ${line.text.trim()}; remove that line, or choose another path`]
}

function isSource(spec: MountSpec, line: FstabLine, sameSources: readonly string[]): boolean {
  return line.source === spec.device || sameSources.includes(line.source)
}

function liveFields(spec: MountSpec, state: MountState): readonly FieldDifference[] {
  const [mounted] = state.here
  if (mounted === undefined) return [{ field: 'mounted', before: undefined, after: spec.device }]
  const fields: FieldDifference[] = []
  const [before, after] = [shownFlags(mounted.flags).join(), liveFlags(spec.options).join()]
  if (before !== after) fields.push({ field: 'options', before, after })
  const wanted = { owner: spec.owner, group: spec.group, mode: spec.mode }
  for (const field of ['owner', 'group', 'mode'] as const) {
    if (wanted[field] !== undefined && wanted[field] !== state[field]) fields.push({ field, before: state[field], after: wanted[field] })
  }
  return fields
}

function lineFields(spec: MountSpec, state: MountState, last: LedgerEntry | undefined): readonly FieldDifference[] {
  const [line] = state.lines
  const after = wantedLine(spec, spec.options).join(' ')
  if (line === undefined) return [{ field: 'fstab', before: undefined, after }]
  const before = [isSource(spec, line, state.sameSources) && line.mark === undefined ? spec.device : line.source, ...lineWords(line)].join(
    ' ',
  )
  if (before !== after) return [{ field: 'fstab', before: line.text.trim(), after }]
  const isMarked = line.mark !== undefined && line.options.includes('nofail') && line.source === spec.device
  // As with a volume's tag: an equal line of the user's is taken over as it is, and marked once the ledger knows it.
  return isMarked || last === undefined ? [] : [{ field: 'mark', before: 'none', after: 'ours' }]
}

/** The line but for nofail and the mark. */
function wantedLine(spec: MountSpec, options: readonly string[]): readonly string[] {
  return [
    spec.device,
    escapePath(spec.path),
    spec.format,
    withoutOwn(options).join(',') || 'defaults',
    String(spec.dump),
    String(spec.pass),
  ]
}

function lineWords(line: FstabLine): readonly string[] {
  return [escapePath(line.target), line.format, withoutOwn(line.options).join(',') || 'defaults', String(line.dump), String(line.pass)]
}
