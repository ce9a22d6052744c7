import type { TransactionOutcome } from '../../model/outcome.ts'
import type { Plan, Transaction } from '../../model/plan.ts'
import type { Applied } from '../cycle.ts'
import type { Journal, TransactionState } from './journal.ts'
import { journalPath } from './paths.ts'

/** What became of each transaction of a plan, as the plan's journal on the host says. A transaction that the journal does not mention was not carried out. */
export function outcomesOf(plan: Plan, journal: Journal): readonly Applied[] {
  return plan.transactions.flatMap((transaction, position) => {
    const state = journal.transactions.find((one) => one.position === position)
    return state ? [{ transaction, outcome: outcomeOf(transaction, saying(state, journal), plan) }] : []
  })
}

/** Where a transaction's own commands were silent, the apply may know more: a full disk, a script that cannot be started. */
function saying(state: TransactionState, journal: Journal): TransactionState {
  return state.stderr.trim() === '' ? { ...state, stderr: journal.stderr } : state
}

function outcomeOf(transaction: Transaction, state: TransactionState, plan: Plan): TransactionOutcome {
  switch (state.state) {
    case 'done':
      return { status: 'done' }
    case 'started':
      return { status: 'started' }
    case 'skipped':
      return { status: 'skipped', because: skippedBecause(state, plan) }
    case 'refused':
      return { status: 'refused', step: stepTitle(transaction, state), because: lastWords(state.stderr) || silence(transaction, state) }
    case 'undone':
      return { status: 'failed', step: undoneStep(transaction, state), exitCode: 0, stderr: state.stderr, undone: true, ...cut(state) }
    default:
      return {
        status: 'failed',
        step: stepTitle(transaction, state),
        exitCode: exitCodeOf(state),
        stderr: state.stderr.trim() === '' ? silence(transaction, state) : state.stderr,
        undone: isUndone(state),
        ...cut(state),
      }
  }
}

function cut({ detail }: TransactionState): { readonly isCut?: true } {
  return /^(interrupted|unreachable|left|arm$|cut )/.test(detail) ? { isCut: true } : {}
}

/** `undone silence`: nobody could confirm · `undone verdict`: the probe said no · `undone interrupted`: recovered. */
function undoneStep(transaction: Transaction, state: TransactionState): string {
  if (state.detail === 'silence') return 'be confirmed over a new connection in time'
  if (state.detail === 'verdict') return 'prove itself to the commit probe'
  return `finish: it was interrupted ${whereIn(transaction, state)}`
}

/** `begun` and the like are of an apply that was killed: nothing was undone yet. */
function isUndone({ state, detail, steps }: TransactionState): boolean {
  return (
    (state === 'failed' || state === 'expired') && !/^(dirty|left)/.test(detail) && !steps.some((step) => step.status === 'undo-failed')
  )
}

function skippedBecause(state: TransactionState, plan: Plan): string {
  const needed = plan.transactions[Number(state.detail)]?.changes[0]?.id
  return needed === undefined ? 'the apply was interrupted' : `it needs ${needed}, which was not done`
}

function stepTitle(transaction: Transaction, state: TransactionState): string {
  const bad = badStep(state)
  if (state.detail === 'unreachable') return 'enter the container'
  if (state.detail === 'left')
    return 'finish: the container stopped in the middle; once it runs, Reeve looks what is in it and goes on from there'
  if (state.detail === 'arm') return 'arm the undo'
  return transaction.steps[bad?.index ?? doneSteps(state)]?.title ?? 'run to its end'
}

function badStep(state: TransactionState): TransactionState['steps'][number] | undefined {
  return state.steps.find((step) => ['refused', 'failed', 'unproven'].includes(step.status))
}

const parts: Readonly<Record<string, string>> = { refused: 'guard', failed: 'run', unproven: 'check' }

/** What is known of a failure whose commands printed nothing: which part of which step, and how it ended. */
function silence(transaction: Transaction, state: TransactionState): string {
  const bad = badStep(state)
  if (bad)
    return `nothing was printed; the ${parts[bad.status]} of step ${bad.index + 1} of ${transaction.steps.length} ended with status ${bad.exitCode}${signalOf(bad.exitCode)}`
  const how = [state.state, state.detail].join(' ').trim()
  const at = whereIn(transaction, state)
  const cut = /^failed cut (\d+)$/.exec(how)?.[1] ?? /^stuck (\d+)$/.exec(how)?.[1]
  if (cut !== undefined) return `nothing was printed; its script was cut ${at}, with status ${cut}${signalOf(Number(cut))}`
  if (how === 'failed') return `nothing was printed; its script gave up ${at}: it could not write below ${journalPath}`
  return `nothing was printed; the apply itself came to its end ${at} (state ${how}): it was killed, or its state could not be written`
}

/** How far it came, by the steps that it wrote down. */
function whereIn(transaction: Transaction, state: TransactionState): string {
  const done = doneSteps(state)
  return done < transaction.steps.length ? `in step ${done + 1} of ${transaction.steps.length}` : 'after its last step'
}

function doneSteps({ steps }: TransactionState): number {
  return steps.filter((step) => step.status === 'done').length
}

/** A shell's way to say that a signal ended a command (POSIX XCU 2.8.2). */
function signalOf(status: number): string {
  return status > 128 && status < 193 ? ` (signal ${status - 128})` : ''
}

function exitCodeOf(state: TransactionState): number {
  return badStep(state)?.exitCode ?? Number(/^(?:cut )?(\d{1,3})$/.exec(state.detail)?.[1] ?? 1)
}

function lastWords(stderr: string): string {
  return stderr.trim().split('\n').slice(-3).join('; ')
}
