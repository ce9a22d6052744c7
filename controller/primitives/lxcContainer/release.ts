import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { withoutMark } from '../../shell/markedLine.ts'
import { sh } from '../../shell/sh.ts'
import { markExpressions } from './config.ts'
import { placesOf } from './places.ts'
import { guestFileHeader, type LxcContainerState } from './spec.ts'

/** Files of a guest that may begin with our header (kinds/container/guest.ts). */
const headed = ['/etc/hosts', '/etc/network/interfaces', '/etc/resolv.conf']

/** It runs on with the same settings: only our lines of comment go, in its config and, while it runs, in the files that we gave it. */
export function release(entry: LedgerEntry, observed: Known<LxcContainerState>, { fleet }: StepContext): readonly Step[] {
  if (observed.status === 'absent') return []
  const name = keyOf(entry.id)
  const { config } = placesOf(name)
  const inside = observed.state.running === 'running' ? [unheadStep(name)] : []
  return [{ title: `leave ${config} as it is, without Reeve's lines`, ...withoutMark(config, markExpressions(fleet), 100_000) }, ...inside]
}

/** Entered, for root inside may have put links anywhere; in place, for hosts may be a mount. No undo: without its header such a file is the guest's, which is meant. */
function unheadStep(name: string): Step {
  const text = `for f in ${headed.join(' ')}; do
  if [ -f "$f" ] && [ ! -L "$f" ] && read -r line <"$f" && [ "$line" = '${guestFileHeader}' ]; then
    rest=$(tail -n +2 "$f"; echo .) && printf '%s' "\${rest%.}" >"$f"
  fi
done`
  return {
    title: `leave the files inside ${name} as they are, without Reeve's header`,
    run: sh`timeout -k 5 30 lxc-attach -n ${name} --clear-env -- /bin/sh -c ${text} </dev/null || echo ${`the files inside ${name} keep their header`} >&2`,
  }
}
