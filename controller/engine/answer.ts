import type { Plan } from '../model/plan.ts'
import type { NetworkProbe, Verdict } from '../model/primitive.ts'
import { joinScripts, type Script, sh } from '../shell/sh.ts'
import { holdOutcome, waitFor } from './apply/message.ts'
import { journalOf } from './apply/paths.ts'
import type { Observation } from './observe.ts'
import { observe, type Run } from './run.ts'

/** Asks the probes of a verdict, and says commit or undo; a lock-out is confirmed over a new connection only. Silence, for whatever reason, is undo. */
export async function answer(run: Run, plan: Plan, position: number): Promise<Observation> {
  const transaction = plan.transactions[position]
  const verdict = transaction?.verdict
  if (verdict === undefined) throw new Error(`transaction ${position} of plan ${plan.id} awaits a verdict that it has not asked for`)
  run.deps.onProgress?.({ type: 'awaitingVerdict', changes: transaction?.changes ?? [] })
  const isGood = await askAll(run, verdict)
  const journal = journalOf(plan.id)
  const say = sh`mv ${`${journal}/armed`} ${`${journal}/${isGood ? 'confirmed' : 'undone'}`} 2>/dev/null || echo 'the verdict came too late'`
  const isSaid = verdict.lockOut !== undefined && isGood ? await sayOverNewConnection(run, say) : false
  const seconds = Math.ceil((verdict.withinMs + run.deps.applyTimeoutMs) / 1000)
  const wait = joinScripts([holdOutcome(plan.id), waitFor(journal, 'lock-run', seconds)])
  const isSilent = verdict.lockOut !== undefined && isGood && !isSaid
  return observeAfter(run, isSaid || isSilent ? wait : joinScripts([say, wait]), verdict)
}

async function askAll(run: Run, verdict: Verdict): Promise<boolean> {
  run.unproven.length = 0
  for (const probe of verdict.probes) {
    if (probe.type !== 'newConnection' && !(await askUntil(run, probe, verdict.withinMs * 0.6))) return false
  }
  return true
}

/** A daemon needs a moment after its reload (nginx lets its old workers answer for a tenth of a second more): a probe that fails is asked again until its time is over. */
async function askUntil(run: Run, probe: NetworkProbe, forMs: number): Promise<boolean> {
  const end = run.deps.now() * 1000 + forMs
  for (let times = 1; ; times++) {
    const { ok, message } = await run.deps.host.ask(probe, Math.max(1000, forMs / 3))
    if (ok) return true
    if (run.deps.now() * 1000 >= end) {
      run.unproven.push(message)
      return false
    }
    await run.deps.wait(times < 25 ? 20 : 100)
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
