import { type Plan, passingBrakes } from '../model/plan.ts'
import type { RunningApply } from './busy.ts'
import type { Applied, Cycle } from './cycle.ts'

interface Facts {
  readonly plan: Plan
  readonly applied: readonly Applied[]
  readonly finishedJobs: Cycle['finishedJobs']
  readonly inProgress: readonly string[]
  readonly busy: RunningApply | undefined
  readonly stuck?: string
  readonly hold: string | undefined
  readonly suspended?: string
  /** An apply was interrupted, and what it left is not undone. */
  readonly isInterrupted: boolean
}

type Verdict = Pick<Cycle, 'status' | 'message' | 'isWoken'>

/** How a cycle ended, and one line that says why it is not converged. The worst comes first. */
export function judgeCycle(facts: Facts): Verdict {
  const { plan, applied, finishedJobs, inProgress } = facts
  const failed = applied.find(({ outcome }) => outcome.status === 'failed' || outcome.status === 'refused')
  const failedJob = finishedJobs.find((job) => !job.isDone)
  const braked = plan.withheld.find(({ brake }) => brake !== 'Report' && !passingBrakes.includes(brake))
  const work = plan.transactions.length + plan.records.length + plan.forgotten.length
  if (facts.stuck !== undefined && !failed) return { status: 'failed', message: facts.stuck }
  const standstill = standstillOf(facts)
  if (standstill !== undefined && (work > 0 || facts.isInterrupted)) return { status: 'held', message: standstill }
  if (failed) return { status: 'failed', message: failureMessage(failed) }
  if (failedJob) return { status: 'failed', message: `${failedJob.items.join(', ')}: its job failed: ${lastWords(failedJob.stderr)}` }
  if (facts.busy) return waiting(facts.busy.message)
  if (inProgress.length > 0) return waiting(`being made: ${inProgress.join(', ')}`)
  if (braked) return { status: 'withheld', message: braked.because }
  if (plan.refused[0]) return { status: 'withheld', message: `${plan.refused[0].id}: ${plan.refused[0].reasons.join('; ')}` }
  if (work > 0) return waiting('more is to be done than the passes of one cycle')
  if (plan.withheld.some((withheld) => withheld.brake === 'Waiting'))
    return waiting(plan.withheld.find((withheld) => withheld.brake === 'Waiting')?.because ?? '')
  if (plan.unknown[0]) return waiting(`${plan.unknown[0].id} is unknown: ${plan.unknown[0].reason}`)
  const turn = plan.withheld.find(({ brake }) => brake === 'Peer' || brake === 'Rollout')
  if (turn) return { ...waiting(turn.because), isWoken: true }
  return applied.length > 0 ? { status: 'converged', message: '' } : { status: 'noop', message: '' }
}

/** Who said that nothing is changed here, and what that leaves as it is. */
function standstillOf({ hold, suspended, isInterrupted }: Facts): string | undefined {
  if (hold === undefined && suspended === undefined) return undefined
  const said = hold === undefined ? `suspended: ${suspended}` : `held at the console: ${hold}`
  return isInterrupted ? `${said}; an apply that was interrupted is undone only after that` : said
}

function waiting(message: string): Verdict {
  return { status: 'waiting', message }
}

/** One line: what failed, why, and whether it was undone. */
export function failureMessage({ transaction, outcome }: Applied): string {
  const what = transaction.changes.map((change) => change.id).join(', ')
  if (outcome.status === 'refused') return `${what}: could not ${outcome.step}: ${outcome.because}`
  if (outcome.status !== 'failed') return what
  return `${what}: could not ${outcome.step}: ${lastWords(outcome.stderr)}${outcome.undone ? '; it was undone' : '; and the undo failed too'}`
}

/** The end of what a tool said: its reason often stands some lines before its last. */
export function lastWords(text: string): string {
  const lines = text.trim().split('\n').slice(-3)
  const words = lines.map((line) => line.trim()).join('; ')
  return (words.length > 600 ? `…${words.slice(-600)}` : words) || 'no reason was printed'
}
