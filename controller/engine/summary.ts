import type { Plan, PlannedChange } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'
import type { Journal } from './apply/journal.ts'
import type { Applied, Cycle } from './cycle.ts'
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
  const { busy } = observation
  const finishedJobs = busy ? [] : jobs.filter((job) => job.state !== 'running' && job.state !== 'open').map(finishedJob)
  const facts = {
    plan,
    applied: run.applied,
    finishedJobs,
    inProgress: itemsInProgress(journals),
    busy,
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
    drift: busy ? putRight(first, run.applied) : driftOf(first),
    recovered: run.recovered,
    vitals: busy ? new Map() : observation.vitals,
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

/** Drift that this cycle corrected; of the rest nobody can tell whether it stands. */
function putRight(first: Plan, applied: readonly Applied[]): readonly PlannedChange[] {
  const done = applied.filter(({ outcome }) => outcome.status === 'done').flatMap(({ transaction }) => transaction.changes)
  const isDone = (change: PlannedChange) => done.some((one) => one.id === change.id && targetKey(one.target) === targetKey(change.target))
  return driftOf(first).filter(isDone)
}

/** Changes of a plan in which something had moved on the host. */
function driftOf(plan: Plan): readonly PlannedChange[] {
  const all = [...plan.transactions.flatMap((transaction) => transaction.changes), ...plan.withheld.flatMap((withheld) => withheld.changes)]
  return all.filter((change) => change.fields.some((field) => field.cause === 'drift'))
}
