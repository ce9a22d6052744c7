import type { Applied, Cycle } from '../engine/cycle.ts'
import { failureMessage } from '../engine/judge.ts'
import { isFailure, itemsOf } from '../engine/suspects.ts'

/**
 * Several cycles of one search as the one that they are for everybody else: what was tried and undone in between is not told. `searched`: items
 * whose failures are told by `whole` (nobody could be blamed) and `own` (by those who are) alone.
 */
export function joinCycles(
  cycles: readonly Cycle[],
  searched: ReadonlySet<string>,
  whole: readonly Applied[],
  own: readonly Applied[],
): Cycle {
  const [first] = cycles
  const last = cycles.at(-1)
  if (first === undefined || last === undefined) throw new Error('no cycle was done')
  const joined: Cycle = {
    ...last,
    passes: sum(cycles, (cycle) => cycle.passes),
    roundTrips: sum(cycles, (cycle) => cycle.roundTrips),
    phasesMs: {
      observe: sum(cycles, (cycle) => cycle.phasesMs.observe),
      plan: sum(cycles, (cycle) => cycle.phasesMs.plan),
      apply: sum(cycles, (cycle) => cycle.phasesMs.apply),
    },
    // What moves between two trials is their own doing.
    drift: first.drift,
    applied: [...appliedIn(cycles, searched), ...whole, ...own],
    finishedJobs: cycles.flatMap((cycle) => cycle.finishedJobs),
    recovered: cycles.flatMap((cycle) => cycle.recovered),
  }
  return { ...joined, ...verdictOn(joined, whole, own) }
}

function sum(cycles: readonly Cycle[], of: (cycle: Cycle) => number): number {
  return cycles.reduce((total, cycle) => total + of(cycle), 0)
}

/** What was done counts in each of them; what failed, only as the last one found it. */
function appliedIn(cycles: readonly Cycle[], searched: ReadonlySet<string>): readonly Applied[] {
  return cycles.flatMap((cycle, index) =>
    cycle.applied.filter(
      (applied) => !isFailure(applied) || (index === cycles.length - 1 && !itemsOf(applied).some((item) => searched.has(item))),
    ),
  )
}

function verdictOn(
  { status, message, applied }: Cycle,
  whole: readonly Applied[],
  own: readonly Applied[],
): Pick<Cycle, 'status' | 'message'> {
  const [common] = whole
  if (common !== undefined) return { status: 'failed', message: failureMessage(common) }
  if (own.length > 0) return { status: 'failed', message: own.map(rejectionMessage).join('; ') }
  if (status === 'noop' && applied.length > 0) return { status: 'converged', message }
  return { status, message }
}

function rejectionMessage(failed: Applied): string {
  return `${failed.transaction.owners.join(', ')} is held back to what was in force: ${failureMessage(failed)}`
}
