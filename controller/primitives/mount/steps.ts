import type { Impact, WantedChange } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { escapePath, lineOptions, ownOption, unmarked, withoutOwn } from '../../shell/fstab.ts'
import { editFstab } from '../../shell/fstabEdit.ts'
import { refuseWhile } from '../../shell/openDevice.ts'
import { nothing, type Script, sh } from '../../shell/sh.ts'
import { liveFlags, remountOptions, shownFlags } from './options.ts'
import type { MountState } from './parse.ts'
import type { MountSpec } from './spec.ts'

/** Mounted by device and options first, written to fstab after: a line that cannot be mounted never gets there. */
export function steps(spec: MountSpec, change: WantedChange, observed: Known<MountState>, context: StepContext): readonly Step[] {
  const state = observed.status === 'absent' ? (observed.around as MountState) : observed.state
  const changed = new Set(change.fields.map(({ field }) => field))
  const hasOwner = spec.owner !== undefined || spec.group !== undefined || spec.mode !== undefined
  return [
    ...(changed.has('mounted') ? [mountStep(spec)] : []),
    ...(changed.has('options') ? [remountStep(spec, state)] : []),
    ...(hasOwner && ['mounted', 'owner', 'group', 'mode'].some((field) => changed.has(field)) ? [ownerStep(spec)] : []),
    ...(changed.has('fstab') || changed.has('mark') ? [editFstab(spec, state.lines[0]?.text, ourLine(spec, context))] : []),
  ]
}

function ourLine(spec: MountSpec, context: StepContext): string {
  const options = lineOptions(spec.options, `${context.fleet}/${context.owners[0]}`)
  return [spec.device, escapePath(spec.path), spec.format, options, spec.dump, spec.pass].join(' ')
}

function mountStep(spec: MountSpec): Step {
  const options = withoutOwn(spec.options).join(',') || 'defaults'
  const marker = `mount-${encodeURIComponent(spec.path)}`
  return {
    title: `mount ${spec.device} at ${spec.path}`,
    guard: sh`if mountpoint -q ${spec.path}; then echo ${`something is mounted at ${spec.path} by now`} >&2; exit 1; fi
for entry in ${spec.path}/* ${spec.path}/.[!.]* ${spec.path}/..?*; do
  if [ -e "$entry" ] || [ -L "$entry" ]; then echo ${`${spec.path} is not empty: its files would be hidden`} >&2; exit 1; fi
done
${refuseWhile(isOpen(spec), `${spec.device} is in use but not mounted here`)}`,
    run: sh`created="$REEVE_BEFORE"/${marker}
: >"$created"
folder=${spec.path}
while [ -n "$folder" ] && ! [ -d "$folder" ]; do
  printf '%s\n' "$folder" >>"$created"
  folder=\${folder%/*}
done
mkdir -p ${spec.path}
mount -t ${spec.format} -o ${options} ${spec.device} ${spec.path} </dev/null`,
    check: isMounted(spec),
    undo: sh`created="$REEVE_BEFORE"/${marker}
[ -e "$created" ] || exit 0
if ${isMounted(spec)}; then umount ${spec.path}; fi
while read -r folder; do rmdir "$folder" 2>/dev/null || :; done <"$created"`,
  }
}

/** Condition. What the device mapper does not know is open for nobody. */
function isOpen(spec: MountSpec): Script {
  return sh`(
number=$(mountpoint -x ${spec.device}) || exit 0
open=$(dmsetup info -c --noheadings -o open -j "\${number%:*}" -m "\${number#*:}" 2>/dev/null </dev/null) || open=0
[ "$open" != 0 ]
)`
}

/** Condition. By device number: names of the same device differ, and move. btrfs has numbers of its own: there by what its source leads to. */
function isMounted(spec: MountSpec): Script {
  if (spec.format === 'btrfs')
    return sh`source=$(findmnt -nro SOURCE --mountpoint ${spec.path} 2>/dev/null) && [ "$source" -ef ${spec.device} ]`
  return sh`here=$(mountpoint -d ${spec.path} 2>/dev/null) && wanted=$(mountpoint -x ${spec.device} 2>/dev/null) && [ "$here" = "$wanted" ]`
}

/** With device and path both: with the path alone mount(8) would mix in what fstab says. */
function remountStep(spec: MountSpec, state: MountState): Step {
  const before = state.here[0]?.flags ?? []
  const isReadOnly = before.includes('ro')
  return {
    title: `remount ${spec.path} with ${liveFlags(spec.options).join()}`,
    guard: isMounted(spec),
    run: sh`mount -o ${remountOptions(liveFlags(spec.options), isReadOnly)} ${spec.device} ${spec.path} </dev/null`,
    undo: sh`mount -o ${remountOptions(shownFlags(before), isReadOnly)} ${spec.device} ${spec.path} </dev/null`,
  }
}

/** Owner and mode of the mounted root directory, never of the empty one below it. Of a directory chmod(1) takes setuid and setgid away only where five digits say so. */
function ownerStep(spec: MountSpec): Step {
  const owner = `${spec.owner ?? ''}${spec.group === undefined ? '' : `:${spec.group}`}`
  const marker = `owner-${encodeURIComponent(spec.path)}`
  return {
    title: `set owner and mode of ${spec.path}`,
    guard: sh`mountpoint -q ${spec.path}`,
    run: sh`stat -c '%u:%g %a' ${spec.path} >"$REEVE_BEFORE"/${marker}.new
mv "$REEVE_BEFORE"/${marker}.new "$REEVE_BEFORE"/${marker}
${owner === '' ? sh`:` : sh`chown ${owner} ${spec.path}`}
${spec.mode === undefined ? sh`:` : sh`chmod ${`0${spec.mode}`} ${spec.path}`}`,
    undo: sh`if [ -e "$REEVE_BEFORE"/${marker} ] && mountpoint -q ${spec.path}; then
  read -r owner mode <"$REEVE_BEFORE"/${marker}
  chown "$owner" ${spec.path}
  chmod "00$mode" ${spec.path}
fi`,
  }
}

/**
 * Retain: the line loses our mark and stays. Unmount: unmounted if nobody uses it, and the user's own line, if there was one, comes back. Delete: unmounted, and no
 * line stays: the device goes too, and a user's line without nofail would keep the host from booting.
 */
export function retire(
  entry: LedgerEntry,
  observed: Known<MountState>,
  context: StepContext,
): { readonly impact: Impact; readonly steps: readonly Step[] } {
  if (observed.status === 'absent') return { impact: 'none', steps: [] }
  const path = keyOf(entry.id)
  const line = observed.state.lines.find(({ mark }) => mark?.startsWith(`${context.fleet}/`))
  if (line === undefined) return { impact: 'none', steps: [{ title: `let go of the mount at ${path}`, run: nothing }] }
  if (entry.deletionPolicy === 'Retain') return { impact: 'none', steps: [editFstab({ path }, line.text, unmarked(line))] }
  const unmount = observed.state.here.length > 0 ? [unmountStep(path)] : []
  return {
    impact: 'none',
    steps: [...unmount, editFstab({ path }, line.text, entry.deletionPolicy === 'Delete' ? undefined : entry.previous)],
  }
}

function unmountStep(path: string): Step {
  return {
    title: `unmount ${path}`,
    run: sh`umount ${path} </dev/null`,
    check: sh`if mountpoint -q ${path}; then exit 1; fi`,
    undo: sh`mountpoint -q ${path} || mount ${path} </dev/null`,
  }
}

/** The user's line that ours replaces. */
export function previous(_: MountSpec, observed: Known<MountState>): string | undefined {
  const line = observed.status === 'present' ? observed.state.lines[0] : undefined
  return line === undefined || line.text.includes(ownOption) ? undefined : line.text
}
