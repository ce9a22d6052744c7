import type { Impact } from '../../model/change.ts'
import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step } from '../../model/primitive.ts'
import { joinScripts, sh } from '../../shell/sh.ts'
import { keepConf, restoreConf } from './edit.ts'
import { isRunning, stopStep, vzctlFunction } from './lifecycle.ts'
import { placesOf } from './places.ts'
import type { OpenvzContainerState } from './spec.ts'

/** A manifest that left Git takes its stop policy along. */
const stopPolicy = { timeoutSeconds: 60, force: true }

/** Keeps it from starting with the host, stops it, and sets its configuration aside; the private area stays where it is. Never `vzctl destroy`: it deletes the data. */
export function retire(
  entry: LedgerEntry,
  observed: Known<OpenvzContainerState>,
): { readonly impact: Impact; readonly steps: readonly Step[] } {
  if (observed.status === 'absent') return { impact: 'none', steps: [] }
  const ctid = keyOf(entry.id)
  const runs = observed.state.running === 'running'
  return {
    impact: runs ? 'outage' : 'none',
    steps: [keepDownStep(ctid), ...(runs ? [stopStep(ctid, stopPolicy)] : []), setAsideStep(ctid)],
  }
}

function keepDownStep(ctid: string): Step {
  return {
    title: `keep container ${ctid} from starting with the host`,
    phase: 'change',
    run: joinScripts([vzctlFunction, keepConf(ctid), sh`reeve_vzctl 120 set ${ctid} --onboot no --save`]),
    undo: restoreConf(ctid),
  }
}

function setAsideStep(ctid: string): Step {
  const { conf } = placesOf(ctid)
  const moved = `openvz-${ctid}.moved`
  return {
    title: `move ${conf} to /var/lib/reeve/retired`,
    phase: 'settle',
    guard: sh`! ${isRunning(ctid)}`,
    run: sh`
mkdir -p -m 0700 /var/lib/reeve/retired
to=/var/lib/reeve/retired/openvz-${ctid}-$(date -u +%Y%m%dT%H%M%SZ).conf
if [ -e "$to" ]; then echo "$to exists already" >&2; exit 1; fi
printf '%s\n' "$to" >"$REEVE_BEFORE"/${moved}
sync "$REEVE_BEFORE"/${moved}
cp -p ${conf} "$to.new"
sync "$to.new"
mv -T "$to.new" "$to"
rm -f ${conf}
sync /var/lib/reeve/retired`,
    check: sh`! [ -e ${conf} ]`,
    undo: sh`
if [ -e "$REEVE_BEFORE"/${moved} ]; then
  read -r to <"$REEVE_BEFORE"/${moved}
  if [ -e "$to" ] && ! [ -e ${conf} ]; then cp -p "$to" ${`${conf}.reeve-new`}; sync ${`${conf}.reeve-new`}; mv -T ${`${conf}.reeve-new`} ${conf}; fi
  rm -f "$to" "$to.new"
fi`,
  }
}
