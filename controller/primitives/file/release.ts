import { keyOf } from '../../model/ids.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import type { Step, StepContext } from '../../model/primitive.ts'
import { withoutMark } from '../../shell/markedLine.ts'
import { type FileState, seenFile } from './probe.ts'
import { markExpression } from './spec.ts'

/** Whether it has our line is told on the host: contents are not read for that. */
export function release(entry: LedgerEntry, observed: Known<FileState>, { fleet }: StepContext): readonly Step[] {
  const path = keyOf(entry.id)
  if (seenFile(observed) === undefined) return []
  return [{ title: `leave ${path} as it is, without Reeve's line if it has one`, ...withoutMark(path, [markExpression(fleet)]) }]
}
