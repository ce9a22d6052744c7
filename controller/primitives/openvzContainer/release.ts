import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { withoutMark } from '../../shell/markedLine.ts'
import { placesOf } from './places.ts'
import type { OpenvzContainerState } from './spec.ts'

/** It runs on with the same parameters: only our line of comment goes. */
export function release(entry: LedgerEntry, observed: Known<OpenvzContainerState>, { fleet }: StepContext): readonly Step[] {
  if (observed.status === 'absent') return []
  const { conf } = placesOf(keyOf(entry.id))
  return [{ title: `leave ${conf} as it is, without Reeve's line`, ...withoutMark(conf, [`# reeve fleet=${fleet} owner=.*`], 100_000) }]
}
