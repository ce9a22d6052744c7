import type { Impact } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step } from '../../model/primitive.ts'
import { sh } from '../../shell/sh.ts'
import { isRunning } from './cgroup.ts'
import { giveBackSteps } from './giveBack.ts'
import { stopStep } from './lifecycle.ts'
import { placesOf } from './places.ts'
import type { LxcContainerState } from './spec.ts'

/** A manifest that left Git takes its stop policy along. */
const stopPolicy = { timeoutSeconds: 60, force: true }

/** One that was taken over is given back. Else it stops the container and sets its folder aside; the root volume is another item, and stays. Never lxc-destroy: it removes the volume unasked. */
export function retire(
  entry: LedgerEntry,
  observed: Known<LxcContainerState>,
): { readonly impact: Impact; readonly steps: readonly Step[] } {
  if (observed.status === 'absent') return { impact: 'none', steps: [] }
  const name = keyOf(entry.id)
  if (entry.previous !== undefined && entry.deletionPolicy === 'Retain')
    return { impact: 'none', steps: giveBackSteps(name, observed.state, entry.previous) }
  const runs = observed.state.running !== 'stopped'
  return { impact: runs ? 'outage' : 'none', steps: [...(runs ? [stopStep(name, stopPolicy)] : []), setAsideStep(name)] }
}

function setAsideStep(name: string): Step {
  const { folder, started, starts, kills, staged } = placesOf(name)
  const moved = `lxc-${name}.retired`
  return {
    title: `move ${folder} to /var/lib/reeve/retired`,
    phase: 'settle',
    guard: sh`! ${isRunning(name)}`,
    run: sh`
mkdir -p -m 0700 /var/lib/reeve/retired
to=/var/lib/reeve/retired/${name}-$(date -u +%Y%m%dT%H%M%SZ)
if [ -e "$to" ]; then echo "$to exists already" >&2; exit 1; fi
printf '%s\n' "$to" >"$REEVE_BEFORE"/${moved}
sync "$REEVE_BEFORE"/${moved}
rm -f ${started} ${starts} ${kills} ${staged}
mv -T ${folder} "$to"
sync /var/lib/reeve/retired`,
    check: sh`! [ -e ${folder} ]`,
    undo: sh`
if [ -e "$REEVE_BEFORE"/${moved} ]; then
  read -r to <"$REEVE_BEFORE"/${moved}
  if [ -d "$to" ] && ! [ -e ${folder} ]; then mv -T "$to" ${folder}; fi
fi`,
  }
}
