import { type LedgerHeader, ledgerFormat } from '../model/ledger.ts'
import type { DesiredState, Plan } from '../model/plan.ts'
import { joinScripts, type Script, sh } from '../shell/sh.ts'
import { answer } from './answer.ts'
import { discardJournals, type Journal } from './apply/journal.ts'
import { launchFunction } from './apply/launch.ts'
import { applyMessage, takenMessage, waitFor } from './apply/message.ts'
import { outcomesOf } from './apply/outcome.ts'
import { journalPath } from './apply/paths.ts'
import type { Cycle } from './cycle.ts'
import { readHold } from './facts.ts'
import type { Observation } from './observe.ts'
import { makePlan } from './plan.ts'
import { observe, type ReconcileDeps, type Run, startRun } from './run.ts'
import type { Session } from './session.ts'
import { itemsInProgress, summary } from './summary.ts'

const maxPasses = 3

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
    ...(deps.generationOf ? { generationOf: deps.generationOf } : {}),
    removalOf: deps.removalOf,
  })
  run.ms.plan += (run.deps.now() - started) * 1000
  return plan
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
  const observation = await (plan.transactions.some((transaction) => transaction.verdict)
    ? applyAwaited(run, plan, message)
    : observe(run, message, run.deps.applyTimeoutMs))
  if (observation.said.includes(takenMessage)) return observation
  const journal = requireJournal(plan, observation.facts.journals, observation.said)
  // It takes longer than we wait: what becomes of it is seen by the next plan.
  if (journal.state === 'running') return observation
  const applied = outcomesOf(plan, journal)
  run.applied.push(...applied)
  run.deps.onProgress?.({ type: 'applied', applied })
  return observation
}

/** A question that the host asks must be answered at once, so its reply carries no observation; the answer's reply does. */
async function applyAwaited(run: Run, plan: Plan, message: Script): Promise<Observation> {
  const started = run.deps.now()
  const { journals, said } = await run.session.ask(message, run.deps.applyTimeoutMs)
  run.ms.apply += (run.deps.now() - started) * 1000
  if (said.includes(takenMessage)) return { ...(await observe(run)), said }
  const awaited = requireJournal(plan, journals, said).transactions.find((transaction) => transaction.state === 'awaiting')
  return awaited ? answer(run, plan, awaited.position) : observe(run)
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

function requireJournal(plan: Plan, journals: readonly Journal[], said: string): Journal {
  const journal = journals.find((one) => one.name === plan.id)
  if (journal === undefined) throw new Error(`the apply did not start on ${plan.hypervisor}: ${said.trim() || 'the host gave no reason'}`)
  return journal
}

/** Journals that are over have been reported: they are removed, without waiting for it. */
function discard(run: Run, observation: Observation): void {
  const over = observation.facts.journals
    .filter((journal) => journal.state !== 'open' && journal.state !== 'running')
    .map((journal) => journal.name)
  if (over.length > 0) run.deps.host.tell(discardJournals(over))
}
