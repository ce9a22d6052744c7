import type { PlannedChange } from '../model/plan.ts'
import { outcomesOf } from './apply/outcome.ts'
import type { Cycle } from './cycle.ts'
import { putRight } from './drift.ts'
import type { Observation } from './observe.ts'
import { emptyPlan } from './plan.ts'
import type { Run } from './run.ts'
import type { HostMemory } from './session.ts'

/** Adds to a cycle what an earlier one did without hearing of it, and comes back with the drift that this put right. What was not done is found anew by the plan that follows. */
export function hearOfBefore(run: Run, { busy, facts }: Observation): readonly PlannedChange[] {
  const { unheard } = run.deps.memory
  // What is still under way is heard of by the cycle after it.
  if (unheard === undefined || busy !== undefined) return []
  const journal = facts.journals.find(({ name }) => name === unheard.plan.id)
  const applied = [...unheard.applied, ...(journal === undefined ? [] : outcomesOf(unheard.plan, journal))]
  const done = applied.filter(({ outcome }) => outcome.status === 'done')
  run.applied.push(...done)
  return putRight(unheard.drift, done)
}

/** Cycles whose search broke off, so that they are told as one by nobody: what was done in them, the next one tells. What moves between two trials is their own doing, and no drift. */
export function keepUntold(memory: HostMemory, cycles: readonly Cycle[]): void {
  const [first] = cycles
  if (first === undefined) return
  const { plan = emptyPlan(first, 0), applied = [] } = memory.unheard ?? {}
  memory.unheard = { plan, drift: first.drift, applied: [...cycles.flatMap((cycle) => cycle.applied), ...applied] }
}

/** Whoever gets this cycle knows all that it did but what still runs. */
export function keepUnheard({ deps: { memory }, applied: told }: Run, { busy }: Observation): void {
  if (busy === undefined) delete memory.unheard
  else if (memory.unheard !== undefined)
    memory.unheard = { ...memory.unheard, applied: memory.unheard.applied.filter((one) => !told.includes(one)) }
}
