import type { HypervisorName } from '../model/ids.ts'
import type { Plan, PlannedChange } from '../model/plan.ts'
import type { Journal } from './apply/journal.ts'
import { journalPath } from './apply/paths.ts'
import type { Cycle } from './cycle.ts'
import { putRight } from './drift.ts'
import { readHold } from './facts.ts'
import { judgeCycle, lastWords } from './judge.ts'
import type { Observation } from './observe.ts'
import type { Run } from './run.ts'

/** Keys of the items that jobs make at this moment. */
export function itemsInProgress(journals: readonly Journal[]): readonly string[] {
  return journals.filter((journal) => journal.isJob && journal.state === 'running').flatMap((journal) => journal.items)
}

/** What a cycle did and found, for reports. Of drift, where another apply is at work, only what it put right: of the rest nobody can tell whether it stands. */
export function summary(run: Run, drift: readonly PlannedChange[], plan: Plan, observation: Observation, passes: number): Cycle {
  const { journals, hold, clockSeconds } = observation.facts
  const jobs = journals.filter((journal) => journal.isJob)
  const { busy } = observation
  const finishedJobs = busy
    ? []
    : jobs.filter((job) => job.state !== 'running' && job.state !== 'open').map((job) => finishedJob(job, run.deps.mask))
  const stuck = busy ? undefined : stuckIn(run.desired.hypervisor, journals)
  const suspended = run.deps.mayNotWrite?.() ?? run.deps.policy.hostSuspendedBecause?.()
  const facts = {
    ...(stuck === undefined ? {} : { stuck }),
    plan,
    applied: run.applied,
    finishedJobs,
    inProgress: itemsInProgress(journals),
    busy,
    hold: holdInForce(hold, run.deps.now()),
    ...(suspended === undefined ? {} : { suspended }),
    isInterrupted: busy === undefined && journals.some(({ state, isJob }) => state === 'open' && !isJob),
  }
  return {
    ...facts,
    ...judgeCycle(facts),
    hypervisor: run.desired.hypervisor,
    commit: run.desired.commit,
    passes,
    roundTrips: run.session.roundTrips,
    phasesMs: run.ms,
    drift: busy ? putRight(drift, run.applied) : drift,
    recovered: run.recovered,
    vitals: busy ? new Map() : observation.vitals,
    items: busy ? new Map() : itemsOf(observation),
    clockSeconds,
    uptimeSeconds: observation.instants?.uptimeSeconds.begin,
    clock: run.session.clock,
  }
}

/** What was found; of what a job makes at this moment nothing is known. */
export function itemsOf({ items, facts }: Observation): Observation['items'] {
  const made = itemsInProgress(facts.journals).map((key) => [key, { status: 'unknown', reason: 'it is being made' }] as const)
  return made.length === 0 ? items : new Map([...items, ...made])
}

/** Its undo is tried again in each cycle, and failed in this one too. */
function stuckIn(hypervisor: HypervisorName, journals: readonly Journal[]): string | undefined {
  const open = journals.filter(({ state, isJob }) => state === 'open' && !isJob)
  for (const { name, transactions } of open)
    for (const { state, stderr } of transactions)
      if (state === 'stuck')
        return `an interrupted apply cannot be undone, and nothing else is changed on ${hypervisor} until then: ${lastWords(stderr)}; put right what is in its way, or remove ${journalPath}/${name} there to go on from what is`
  return undefined
}

function holdInForce(hold: string | undefined, nowSeconds: number): string | undefined {
  if (hold === undefined) return undefined
  const { isInForce, reason } = readHold(hold, nowSeconds)
  return isInForce ? reason : undefined
}

function finishedJob(job: Journal, mask: Run['deps']['mask']): Cycle['finishedJobs'][number] {
  const last = job.transactions[0]
  const stderr = saidBy(job)
  return { items: job.items, isDone: last?.state === 'done', stderr: mask?.(stderr) ?? stderr }
}

/** What a job printed; of one that was cut off and printed nothing, how its journal says that it ended. */
function saidBy(job: Journal): string {
  const [last] = job.transactions
  const said = [last?.stderr ?? '', job.stderr].find((text) => text.trim() !== '')
  if (said !== undefined || last?.state === 'done') return said ?? ''
  const end = last === undefined ? 'and no word of what it did' : [last.state, last.detail].join(' ').trim()
  return `nothing was printed; journal ${job.name} says ${job.state}, ${end}`
}
