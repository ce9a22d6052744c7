import type { WantedChange } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Retirement, Step, StepContext } from '../../model/primitive.ts'
import { lineOptions, ownOption, unmarked } from '../../shell/fstab.ts'
import { editFstab } from '../../shell/fstabEdit.ts'
import { nothing, type Script, sh } from '../../shell/sh.ts'
import type { SwapState } from './probe.ts'
import type { SwapSpec } from './spec.ts'

/** Taken into use first, written to fstab after: a line that does not work never gets there. */
export function steps(spec: SwapSpec, change: WantedChange, observed: Known<SwapState>, context: StepContext): readonly Step[] {
  const state = observed.status === 'absent' ? (observed.around as SwapState) : observed.state
  const changed = new Set(change.fields.map(({ field }) => field))
  const line = `${spec.device} none swap ${lineOptions(['sw'], `${context.fleet}/${context.owners[0]}`)} 0 0`
  return [
    ...(changed.has('on') ? [onStep(spec.device)] : []),
    ...(changed.has('fstab') || changed.has('mark') ? [editFstab(spec, state.lines[0]?.text, line)] : []),
  ]
}

/** swapon(8) itself takes only what carries a swap signature; asked here first for a message of our own. */
function onStep(device: string): Step {
  const kept = sh`"$REEVE_BEFORE"/${`swapon-${encodeURIComponent(device)}`}`
  return {
    title: `take ${device} into use as swap`,
    guard: sh`found=$(LC_ALL=C blkid -p -o value -s TYPE ${device} </dev/null) || found=
[ "$found" = swap ] || { echo ${`${device} holds no swap area`} >&2; exit 1; }`,
    run: sh`: >${kept}
swapon ${device} </dev/null`,
    check: isOn(device),
    undo: sh`if [ -e ${kept} ] && { ${isOn(device)}; }; then swapoff ${device} </dev/null; fi`,
  }
}

function isOn(device: string): Script {
  return sh`found=no
while read -r named rest; do
  if [ "$named" -ef ${device} ]; then found=yes; fi
done </proc/swaps
[ "$found" = yes ]`
}

/**
 * Retain: the line loses our mark and stays. Unmount: out of use, if memory takes what is swapped out, and the user's own line, if there was one, comes back. Delete:
 * no line stays, since a boot would wait for a device that is gone.
 */
export function retire(entry: LedgerEntry, observed: Known<SwapState>, context: StepContext): Retirement {
  if (observed.status === 'absent') return { impact: 'none', steps: [] }
  const device = keyOf(entry.id)
  const line = observed.state.lines.find(({ mark }) => mark?.startsWith(`${context.fleet}/`))
  if (line === undefined) return { impact: 'none', steps: [{ title: `let go of the swap area ${device}`, run: nothing }] }
  if (entry.deletionPolicy === 'Retain') return { impact: 'none', steps: [editFstab({ device }, line.text, unmarked(line))] }
  const back = entry.deletionPolicy === 'Delete' ? undefined : entry.previous
  return { impact: 'none', steps: [...(observed.state.isOn ? [offStep(device)] : []), editFstab({ device }, line.text, back)] }
}

/** The kernel refuses by itself what memory cannot take (swapoff(2), ENOMEM), after a while at its limit: less than half of what is left must be asked for. */
function offStep(device: string): Step {
  return {
    title: `take ${device} out of use as swap`,
    guard: sh`used=0 available=0
while read -r named kind size in_use rest; do
  if [ "$named" -ef ${device} ]; then used=$in_use; fi
done </proc/swaps
while read -r word amount rest; do
  if [ "$word" = MemAvailable: ]; then available=$amount; fi
done </proc/meminfo
if [ "$((used * 2))" -gt "$available" ]; then echo ${`what is swapped to ${device} does not fit into memory:`} "$used KiB of $available KiB that are left" >&2; exit 1; fi`,
    run: sh`swapoff ${device} </dev/null`,
    check: sh`if ${isOnOneLine(device)}; then exit 1; fi`,
    undo: sh`if ${isOnOneLine(device)}; then exit 0; fi
swapon ${device} </dev/null`,
  }
}

function isOnOneLine(device: string): Script {
  return sh`(
${isOn(device)}
)`
}

/** The user's line that ours replaces. */
export function previous(_: SwapSpec, observed: Known<SwapState>): string | undefined {
  const line = observed.status === 'present' ? observed.state.lines[0] : undefined
  return line === undefined || line.text.includes(ownOption) ? undefined : line.text
}
