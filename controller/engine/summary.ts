import type { Plan, PlannedChange } from '../model/plan.ts'
import type { Journal } from './apply/journal.ts'
import type { Cycle } from './cycle.ts'
import { readHold } from './facts.ts'
import { judgeCycle } from './judge.ts'
import type { Observation } from './observe.ts'
import type { Run } from './run.ts'

/** Keys of the items that jobs make at this moment. */
export function itemsInProgress(journals: readonly Journal[]): readonly string[] {
  return journals.filter((journal) => journal.isJob && journal.state === 'running').flatMap((journal) => journal.items)
}

/** What a cycle did and found, for reports. `first` is the plan of its first pass: what had drifted. */
export function summary(run: Run, first: Plan, plan: Plan, observation: Observation, passes: number): Cycle {
  const { journals, hold, clockSeconds } = observation.facts
  const jobs = journals.filter((journal) => journal.isJob)
  const finishedJobs = jobs.filter((job) => job.state !== 'running' && job.state !== 'open').map(finishedJob)
  const facts = {
    plan,
    applied: run.applied,
    finishedJobs,
    inProgress: itemsInProgress(journals),
    isBusy: journals.some((journal) => !journal.isJob && journal.state === 'running'),
    hold: holdInForce(hold, run.deps.now()),
  }
  return {
    ...facts,
    ...judgeCycle(facts),
    hypervisor: run.desired.hypervisor,
    commit: run.desired.commit,
    passes,
    roundTrips: run.session.roundTrips,
    phasesMs: run.ms,
    drift: driftOf(first),
    recovered: run.recovered,
    vitals: observation.vitals,
    clockSeconds,
  }
}

function holdInForce(hold: string | undefined, nowSeconds: number): string | undefined {
  if (hold === undefined) return undefined
  const { isInForce, reason } = readHold(hold, nowSeconds)
  return isInForce ? reason : undefined
}

function finishedJob(job: Journal): Cycle['finishedJobs'][number] {
  const last = job.transactions[0]
  return { items: job.items, isDone: last?.state === 'done', stderr: last?.stderr ?? '' }
}

/** Changes of a plan in which something had moved on the host. */
function driftOf(plan: Plan): readonly PlannedChange[] {
  const all = [...plan.transactions.flatMap((transaction) => transaction.changes), ...plan.withheld.flatMap((withheld) => withheld.changes)]
  return all.filter((change) => change.fields.some((field) => field.cause === 'drift'))
}
