import { type LedgerHeader, ledgerFormat } from '../model/ledger.ts'
import type { DesiredState, Plan } from '../model/plan.ts'
import { joinScripts, type Script, sh } from '../shell/sh.ts'
import { answer } from './answer.ts'
import { discardJournals, type Journal } from './apply/journal.ts'
import { launchFunction } from './apply/launch.ts'
import { applyMessage, launchedMessage, takenMessage, waitFor } from './apply/message.ts'
import { outcomesOf } from './apply/outcome.ts'
import { journalPath } from './apply/paths.ts'
import type { Applied, Cycle } from './cycle.ts'
import { driftOf, driftSince } from './drift.ts'
import { readHold } from './facts.ts'
import type { Observation } from './observe.ts'
import { ownMachineOn } from './ownMachine.ts'
import { nothingRead } from './peers.ts'
import { emptyPlan, makePlan } from './plan.ts'
import { observe, type ReconcileDeps, type Run, startRun } from './run.ts'
import type { Session } from './session.ts'
import { itemsOf, summary } from './summary.ts'
import { hearOfBefore, keepUnheard } from './unheard.ts'

const maxPasses = 3

/** Observes, plans, applies and proves one hypervisor, up to three passes. The only place where the engine waits for anything. */
export async function reconcile(desired: DesiredState, deps: ReconcileDeps): Promise<Cycle> {
  const run = startRun(desired, deps)
  let observation = await recover(run, await observe(run))
  const heard = hearOfBefore(run, observation)
  let plan = planFrom(run, observation)
  const drift = [...heard, ...driftOf(plan)]
  let pass = 1
  for (; pass <= maxPasses && mayApply(run, observation) && hasWork(plan); pass++) {
    const found = pass === 1 ? drift.slice(heard.length) : driftSince(drift, run.applied, plan)
    if (pass > 1) drift.push(...found)
    deps.onProgress?.({ type: 'planned', plan, pass, drift: found })
    const before = run.applied.length
    deps.memory.unheard = { plan, drift: [...drift], applied: [...run.applied] }
    observation = await apply(run, plan, observation)
    const concluded = run.applied.slice(before)
    if (concluded.length > 0) delete deps.memory.unheard
    plan = planFrom(run, observation)
    if (concluded.some(({ outcome }) => outcome.status === 'failed' || outcome.status === 'refused')) break
  }
  discard(run, observation)
  keepUnheard(run, observation)
  return summary(run, drift, plan, observation, Math.min(pass, maxPasses))
}

/** Observes and plans only: what `reeve plan` shows. Changes nothing. */
export async function planOnce(desired: DesiredState, deps: ReconcileDeps): Promise<Cycle> {
  const run = startRun(desired, deps)
  const observation = await observe(run)
  const plan = planFrom(run, observation)
  return summary(run, driftOf(plan), plan, observation, 0)
}

/** From what was read while an apply ran, nothing is derived. */
function planFrom(run: Run, observation: Observation): Plan {
  if (observation.busy !== undefined) return emptyPlan(run.desired, run.session.ledger?.header.generation ?? 0)
  const started = run.deps.now()
  const { desired, deps, session } = run
  const ownMachine = ownMachineOn(deps.ownMachine, observation.facts, desired.items, session.ledger)
  const plan = (deps.planFrom ?? makePlan)({
    desired,
    ledger: session.ledger,
    observed: itemsOf(observation),
    marked: observation.marked,
    primitives: deps.primitives,
    policy: ownMachine === undefined ? deps.policy : { ...deps.policy, ownMachine },
    peers: deps.peers ?? nothingRead,
    nowSeconds: Math.floor(started),
    sourceFile: deps.sourceFile,
    ...(deps.generationOf ? { generationOf: deps.generationOf } : {}),
    ...(deps.isTrial ? { isTrial: true } : {}),
    removalOf: deps.removalOf,
  })
  run.ms.plan += (run.deps.now() - started) * 1000
  return plan
}

/** Interrupted applies come before any plan: undone, or finished where they were done whole. Outcomes of those that ended are collected. */
async function recover(run: Run, observation: Observation): Promise<Observation> {
  const open = observation.facts.journals.filter((journal) => journal.state === 'open')
  // A job that a running apply has not started yet looks open.
  if (open.length === 0 || observation.busy !== undefined || !mayWrite(run, observation)) return observation
  const { epoch } = run.deps
  const launches = open.map(
    ({ name }) =>
      sh`if reeve_launch ${`${journalPath}/${name}`} recover ${epoch === 'found' ? '' : epoch}; then ${waitFor(`${journalPath}/${name}`, 'lock', Math.ceil(run.deps.applyTimeoutMs / 1000))}; fi`,
  )
  run.recovered.push(...open.map((journal) => journal.name))
  return observe(run, joinScripts([launchFunction, ...launches]), run.deps.applyTimeoutMs)
}

function mayApply(run: Run, observation: Observation): boolean {
  if (observation.busy !== undefined) return false
  if (observation.facts.journals.some((journal) => !journal.isJob && journal.state === 'open')) return false
  return mayWrite(run, observation)
}

/** Not where a person says that nothing is changed here, not even to undo what was interrupted: he may be at work on it (DESIGN §1.13). */
function mayWrite({ deps }: Run, { facts: { hold } }: Observation): boolean {
  if (deps.mayNotWrite?.() !== undefined || deps.policy.hostSuspendedBecause?.() !== undefined) return false
  return hold === undefined || !readHold(hold, deps.now()).isInForce
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
    withinSeconds: seconds + Math.ceil(Math.max(0, ...plan.transactions.map((each) => each.verdict?.withinMs ?? 0)) / 1000),
    by: authorOf(run),
  }
  run.launched.push(plan.id)
  const message = applyMessage(plan, terms, run.session.ledger, `REEVE_${run.deps.random()}`, seconds)
  const observation = await (plan.transactions.some((transaction) => transaction.verdict)
    ? applyAwaited(run, plan, message)
    : observe(run, message, run.deps.applyTimeoutMs))
  if (observation.said.includes(takenMessage)) return notOurs(run, observation)
  const journal = journalOfPlan(plan, observation.facts.journals, observation.said)
  if (journal?.state !== 'open' || observation.busy !== undefined) return conclude(run, plan, observation)
  // It was killed in the middle: what it left is undone at once, and told.
  const { said } = observation
  return conclude(run, plan, { ...(await recover(run, observation)), said })
}

/** Another controller carries out this very plan: it tells of it. */
function notOurs(run: Run, observation: Observation): Observation {
  delete run.deps.memory.unheard
  return observation
}

/** Collects the outcome of an apply. */
function conclude(run: Run, plan: Plan, observation: Observation): Observation {
  const journal = journalOfPlan(plan, observation.facts.journals, observation.said)
  // It takes longer than we wait, or another controller was faster: what becomes of it is seen by the next plan.
  if (journal === undefined || journal.state === 'running') return observation
  const refusal = refusalOf(journal)
  if (refusal !== undefined) {
    // What was refused must not be in the way of its like.
    discard(run, observation)
    throw new Error(`${plan.hypervisor} refused the apply: ${refusal}`)
  }
  const applied = outcomesOf(plan, journal).map((one) => masked(withWords(one, run.unproven), run.deps.mask))
  run.applied.push(...applied)
  run.deps.onProgress?.({ type: 'applied', applied })
  return observation
}

/** The host knows that the commit probe said no; what it heard only we know. */
function withWords(applied: Applied, unproven: readonly string[]): Applied {
  const { outcome, transaction } = applied
  if (outcome.status !== 'failed' || transaction.verdict === undefined || !outcome.undone || outcome.stderr !== '') return applied
  return { ...applied, outcome: { ...outcome, stderr: unproven.join('; ') } }
}

/** A checker may repeat the line that it refuses, with the password in it. */
function masked(applied: Applied, mask: ReconcileDeps['mask']): Applied {
  const { outcome } = applied
  if (mask === undefined) return applied
  if (outcome.status === 'failed') return { ...applied, outcome: { ...outcome, stderr: mask(outcome.stderr) } }
  return outcome.status === 'refused' ? { ...applied, outcome: { ...outcome, because: mask(outcome.because) } } : applied
}

/** A question that the host asks must be answered at once, so its reply carries no observation; the answer's reply does. */
async function applyAwaited(run: Run, plan: Plan, message: Script): Promise<Observation> {
  const started = run.deps.now()
  const { journals, said } = await run.session.ask(message, run.deps.applyTimeoutMs)
  run.ms.apply += (run.deps.now() - started) * 1000
  if (said.includes(takenMessage)) return { ...(await observe(run)), said }
  const awaited = journalOfPlan(plan, journals, said)?.transactions.find((transaction) => transaction.state === 'awaiting')
  return { ...(await (awaited ? answer(run, plan, awaited.position) : observe(run))), said }
}

function nextHeader(run: Run, plan: Plan, observation: Observation): LedgerHeader {
  const { fleet, hypervisor, commit } = run.desired
  return {
    format: ledgerFormat,
    generation: plan.ledgerGeneration + 1,
    epoch: epochOf(run, observation),
    fleet,
    hypervisor,
    commit,
    machineId: observation.facts.machineId,
  }
}

/** A person's command goes on under the epoch that stands: it must not put the owner out of office. */
function epochOf({ deps, session }: Run, { facts }: Observation): number {
  return deps.epoch === 'found' ? Math.max(1, session.ledger?.header.epoch ?? 0, facts.fence) : deps.epoch
}

/** The ledger is written anew when most of its lines are past. */
function isLedgerLong(session: Session): boolean {
  return session.ledgerLines > 200 && session.ledgerLines > 4 * (session.ledger?.entries.size ?? 0)
}

/** The journal of an apply that was started; undefined where another controller, that thought it left behind, removed it. */
function journalOfPlan(plan: Plan, journals: readonly Journal[], said: string): Journal | undefined {
  if (said.split('\n').includes(launchedMessage)) return journals.find((one) => one.name === plan.id)
  throw new Error(`the apply did not start on ${plan.hypervisor}: ${said.trim() || 'the host gave no reason'}`)
}

/** A refusal because another apply was faster, or a person holds the host, is no failure: the next pass sees what they did. Any other needs a person. */
function refusalOf({ state }: Journal): string | undefined {
  if (!state.startsWith('refused') || /^refused (busy|stale|hold)/.test(state)) return undefined
  return state.startsWith('refused epoch') ? 'a newer controller is in charge of it' : state.replace(/^refused ledger:?/, 'its ledger:')
}

/** For those who find this apply running. */
function authorOf({ desired, deps }: Run): string {
  const words = `fleet ${desired.fleet}, commit ${desired.commit.slice(0, 12)}, by ${deps.controller}`
  return words.replace(/[^\x20-\x7e]/g, '?').slice(0, 300)
}

/** Journals that are over have been reported: they are removed, without waiting for it. Where nothing is reported, only our own. */
function discard(run: Run, observation: Observation): void {
  const over = observation.facts.journals
    .filter((journal) => journal.state !== 'open' && journal.state !== 'running')
    .filter((journal) => observation.busy === undefined || run.launched.includes(journal.name))
    .map((journal) => journal.name)
  if (over.length > 0) run.deps.host.tell(discardJournals(over))
}
