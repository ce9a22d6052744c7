import type { ManifestId } from '../model/ids.ts'
import type { LedgerEntry, LedgerHeader } from '../model/ledger.ts'
import { ledgerFormat } from '../model/ledger.ts'
import type { DesiredState, Plan, PlannedChange } from '../model/plan.ts'
import type { NetworkProbe, Verdict } from '../model/primitive.ts'
import { joinScripts, type Script, sh } from '../shell/sh.ts'
import { discardJournals, type Journal } from './apply/journal.ts'
import { launchFunction } from './apply/launch.ts'
import { applyMessage, waitFor } from './apply/message.ts'
import { outcomesOf } from './apply/outcome.ts'
import { journalOf, journalPath } from './apply/paths.ts'
import type { Policy } from './brake.ts'
import { type Applied, type Cycle, HostRefusedError } from './cycle.ts'
import { readHold } from './facts.ts'
import type { Removal } from './input.ts'
import { judgeCycle } from './judge.ts'
import type { Observation } from './observe.ts'
import { makePlan } from './plan.ts'
import { createSession, type Session, type SessionDeps } from './session.ts'

export interface ReconcileDeps extends SessionDeps {
  readonly policy: Policy
  sourceFile(owner: ManifestId): string
  removalOf(entry: LedgerEntry): Removal
  /** Seconds since the epoch. */
  now(): number
  /** Term of the controller that writes: an older one is refused on the host. */
  readonly epoch: number
  wait(ms: number): Promise<void>
  readonly applyTimeoutMs: number
  readonly confirmTimeoutMs: number
  /** Told what happens, as it happens. */
  onProgress?(event: Progress): void
}

export type Progress =
  | { readonly type: 'planned'; readonly plan: Plan; readonly pass: number }
  | { readonly type: 'awaitingVerdict'; readonly changes: readonly PlannedChange[] }
  | { readonly type: 'applied'; readonly applied: readonly Applied[] }

const maxPasses = 3

/** Running state of one cycle. */
interface Run {
  readonly session: Session
  readonly desired: DesiredState
  readonly deps: ReconcileDeps
  readonly applied: Applied[]
  readonly recovered: string[]
  readonly ms: { observe: number; plan: number; apply: number }
}

/** Observes, plans, applies and proves one hypervisor, up to three passes. The only place where the engine waits for anything. */
export async function reconcile(desired: DesiredState, deps: ReconcileDeps): Promise<Cycle> {
  const run = startRun(desired, deps)
  let observation = await recover(run, await observe(run))
  let plan = planFrom(run, observation)
  const first = plan
  let pass = 1
  for (; pass <= maxPasses && mayApply(run, observation) && hasWork(plan); pass++) {
    deps.onProgress?.({ type: 'planned', plan, pass })
    const before = run.applied.length
    observation = await apply(run, plan, observation)
    plan = planFrom(run, observation)
    if (run.applied.slice(before).some(({ outcome }) => outcome.status === 'failed' || outcome.status === 'refused')) break
  }
  discard(run, observation)
  return summary(run, first, plan, observation, Math.min(pass, maxPasses))
}

/** Observes and plans only: what `reeve plan` shows. Changes nothing. */
export async function planOnce(desired: DesiredState, deps: ReconcileDeps): Promise<Cycle> {
  const run = startRun(desired, deps)
  const observation = await observe(run)
  const plan = planFrom(run, observation)
  return summary(run, plan, plan, observation, 0)
}

function startRun(desired: DesiredState, deps: ReconcileDeps): Run {
  return { session: createSession(deps), desired, deps, applied: [], recovered: [], ms: { observe: 0, plan: 0, apply: 0 } }
}

async function observe(run: Run, first?: Script, extraMs?: number): Promise<Observation> {
  const started = run.deps.now()
  const observation = await run.session.observe(run.desired, first, extraMs)
  run.ms[first === undefined ? 'observe' : 'apply'] += (run.deps.now() - started) * 1000
  refuseForeignHost(run, observation)
  return observation
}

function planFrom(run: Run, observation: Observation): Plan {
  const started = run.deps.now()
  const { desired, deps, session } = run
  const items = new Map(observation.items)
  for (const key of itemsInProgress(observation.facts.journals)) items.set(key, { status: 'unknown', reason: 'it is being made' })
  const plan = makePlan({
    desired,
    ledger: session.ledger,
    observed: items,
    marked: observation.marked,
    primitives: deps.primitives,
    policy: deps.policy,
    sourceFile: deps.sourceFile,
    removalOf: deps.removalOf,
  })
  run.ms.plan += (run.deps.now() - started) * 1000
  return plan
}

/** Fleet, hypervisor and machine of the ledger must be ours (DESIGN §1.9). */
function refuseForeignHost(run: Run, observation: Observation): void {
  const header = run.session.ledger?.header
  if (header === undefined) return
  const { fleet, hypervisor } = run.desired
  if (header.fleet !== fleet)
    throw new HostRefusedError({
      reason: 'ForeignFleet',
      message: `${hypervisor} belongs to fleet ${header.fleet}, not to ${fleet}; release it there, or take it over with: reeve takeover ${hypervisor}`,
    })
  if (header.hypervisor !== hypervisor)
    throw new HostRefusedError({
      reason: 'ForeignMachine',
      message: `the host at this address is ${header.hypervisor} of this fleet, not ${hypervisor}: correct spec.address, or take it over with: reeve takeover ${hypervisor}`,
    })
  if (header.machineId !== observation.facts.machineId)
    throw new HostRefusedError({
      reason: 'ForeignMachine',
      message: `${hypervisor} is another machine than the one that its ledger was written on (machine-id ${observation.facts.machineId}, was ${header.machineId}); if it was rebuilt or cloned on purpose: reeve takeover ${hypervisor}`,
    })
}

/** Interrupted applies come before any plan: undone, or finished where they were done whole. Outcomes of those that ended are collected. */
async function recover(run: Run, observation: Observation): Promise<Observation> {
  const open = observation.facts.journals.filter((journal) => journal.state === 'open')
  if (open.length === 0) return observation
  const launches = open.map(
    ({ name }) =>
      sh`if reeve_launch ${`${journalPath}/${name}`} recover; then ${waitFor(`${journalPath}/${name}`, 'lock', Math.ceil(run.deps.applyTimeoutMs / 1000))}; fi`,
  )
  run.recovered.push(...open.map((journal) => journal.name))
  return observe(run, joinScripts([launchFunction, ...launches]), run.deps.applyTimeoutMs)
}

function mayApply(run: Run, observation: Observation): boolean {
  if (observation.facts.journals.some((journal) => !journal.isJob && (journal.state === 'running' || journal.state === 'open')))
    return false
  const { hold } = observation.facts
  return hold === undefined || !readHold(hold, run.deps.now()).isInForce
}

function hasWork(plan: Plan): boolean {
  return plan.transactions.length + plan.records.length + plan.forgotten.length > 0
}

function itemsInProgress(journals: readonly Journal[]): readonly string[] {
  return journals.filter((journal) => journal.isJob && journal.state === 'running').flatMap((journal) => journal.items)
}

/** Carries a plan out and answers the question that the last of its transactions may ask. Returns the observation that the last reply carried. */
async function apply(run: Run, plan: Plan, before: Observation): Promise<Observation> {
  const seconds = Math.ceil(run.deps.applyTimeoutMs / 1000)
  const terms = {
    header: nextHeader(run, plan, before),
    rewritesLedger: isLedgerLong(run.session),
    ignoresHold: before.facts.hold !== undefined,
    insideSeconds: seconds,
  }
  const message = applyMessage(plan, terms, run.session.ledger, `REEVE_${run.deps.random()}`, seconds)
  let observation = await observe(run, message, run.deps.applyTimeoutMs)
  const awaited = journalOfPlan(plan, observation)?.transactions.find((transaction) => transaction.state === 'awaiting')
  if (awaited) observation = await answer(run, plan, awaited.position)
  const applied = outcomesOf(plan, requireJournal(plan, observation))
  run.applied.push(...applied)
  run.deps.onProgress?.({ type: 'applied', applied })
  return observation
}

function nextHeader(run: Run, plan: Plan, observation: Observation): LedgerHeader {
  const { fleet, hypervisor, commit } = run.desired
  return {
    format: ledgerFormat,
    generation: plan.ledgerGeneration + 1,
    epoch: run.deps.epoch,
    fleet,
    hypervisor,
    commit,
    machineId: observation.facts.machineId,
  }
}

/** The ledger is written anew when most of its lines are past. */
function isLedgerLong(session: Session): boolean {
  return session.ledgerLines > 200 && session.ledgerLines > 4 * (session.ledger?.entries.size ?? 0)
}

function journalOfPlan(plan: Plan, observation: Observation): Journal | undefined {
  return observation.facts.journals.find((journal) => journal.name === plan.id)
}

function requireJournal(plan: Plan, observation: Observation): Journal {
  const journal = journalOfPlan(plan, observation)
  if (journal === undefined)
    throw new Error(`the apply did not start on ${plan.hypervisor}: ${observation.said.trim() || 'the host gave no reason'}`)
  return journal
}

/** Asks the probes of a verdict, and says commit or undo; a lock-out is confirmed over a new connection only. Silence, for whatever reason, is undo. */
async function answer(run: Run, plan: Plan, position: number): Promise<Observation> {
  const transaction = plan.transactions[position]
  const verdict = transaction?.verdict
  if (verdict === undefined) throw new Error(`transaction ${position} of plan ${plan.id} awaits a verdict that it has not asked for`)
  run.deps.onProgress?.({ type: 'awaitingVerdict', changes: transaction?.changes ?? [] })
  const isGood = await askAll(run, verdict)
  const journal = journalOf(plan.id)
  const say = sh`mv ${`${journal}/armed`} ${`${journal}/${isGood ? 'confirmed' : 'undone'}`} 2>/dev/null || echo 'the verdict came too late'`
  const isSaid = verdict.lockOut !== undefined && isGood ? await sayOverNewConnection(run, say) : false
  const wait = waitFor(journal, 'lock-run', Math.ceil((verdict.withinMs + run.deps.applyTimeoutMs) / 1000))
  const isSilent = verdict.lockOut !== undefined && isGood && !isSaid
  return observeAfter(run, isSaid || isSilent ? wait : joinScripts([say, wait]), verdict)
}

async function askAll(run: Run, verdict: Verdict): Promise<boolean> {
  for (const probe of verdict.probes) {
    if (probe.type !== 'newConnection' && !(await askUntil(run, probe, verdict.withinMs / 2))) return false
  }
  return true
}

/** A daemon needs a moment after its reload: a probe that fails is asked again until its time is over. */
async function askUntil(run: Run, probe: NetworkProbe, forMs: number): Promise<boolean> {
  const end = run.deps.now() * 1000 + forMs
  for (;;) {
    const { ok } = await run.deps.host.ask(probe, Math.max(1000, forMs / 2))
    if (ok || run.deps.now() * 1000 >= end) return ok
    await run.deps.wait(100)
  }
}

async function sayOverNewConnection(run: Run, say: Script): Promise<boolean> {
  try {
    await run.deps.host.freshExchange(say, { deadlineMs: run.deps.confirmTimeoutMs, maxBytes: 10_000 })
    return true
  } catch {
    return false
  }
}

/** After a lock-out the connection may be dead until the host has undone the change by itself: asks again until then. */
async function observeAfter(run: Run, first: Script, verdict: Verdict): Promise<Observation> {
  const end = run.deps.now() * 1000 + verdict.withinMs + 30_000
  for (;;) {
    try {
      return await observe(run, first, verdict.withinMs + run.deps.applyTimeoutMs)
    } catch (error) {
      if (verdict.lockOut === undefined || run.deps.now() * 1000 >= end) throw error
      await run.deps.wait(1000)
    }
  }
}

/** Journals that are over have been reported: they are removed, without waiting for it. */
function discard(run: Run, observation: Observation): void {
  const over = observation.facts.journals
    .filter((journal) => journal.state !== 'open' && journal.state !== 'running')
    .map((journal) => journal.name)
  if (over.length > 0) run.deps.host.tell(discardJournals(over))
}

function summary(run: Run, first: Plan, plan: Plan, observation: Observation, passes: number): Cycle {
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
