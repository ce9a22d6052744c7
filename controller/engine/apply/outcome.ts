import type { TransactionOutcome } from '../../model/outcome.ts'
import type { Plan, Transaction } from '../../model/plan.ts'
import type { Applied } from '../cycle.ts'
import type { Journal, TransactionState } from './journal.ts'

/** What became of each transaction of a plan, as the plan's journal on the host says. A transaction that the journal does not mention was not carried out. */
export function outcomesOf(plan: Plan, journal: Journal): readonly Applied[] {
  return plan.transactions.flatMap((transaction, position) => {
    const state = journal.transactions.find((one) => one.position === position)
    return state ? [{ transaction, outcome: outcomeOf(transaction, state, plan) }] : []
  })
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
      return { status: 'refused', step: stepTitle(transaction, state), because: lastWords(state.stderr) }
    case 'undone':
      return { status: 'failed', step: undoneStep(state), exitCode: 0, stderr: state.stderr, undone: true, ...cut(state) }
    default:
      return {
        status: 'failed',
        step: stepTitle(transaction, state),
        exitCode: exitCodeOf(state),
        stderr: state.stderr,
        undone: !isDirty(state),
        ...cut(state),
      }
  }
}

function cut({ detail }: TransactionState): { readonly isCut?: true } {
  return ['interrupted', 'unreachable', 'arm'].includes(detail) ? { isCut: true } : {}
}

/** `undone silence`: nobody could confirm · `undone verdict`: the probe said no · `undone interrupted`: recovered. */
function undoneStep(state: TransactionState): string {
  if (state.detail === 'silence') return 'be confirmed over a new connection in time'
  if (state.detail === 'verdict') return 'prove itself to the commit probe'
  return 'finish: it was interrupted'
}

function isDirty(state: TransactionState): boolean {
  return state.state === 'stuck' || state.detail.startsWith('dirty') || state.steps.some((step) => step.status === 'undo-failed')
}

function skippedBecause(state: TransactionState, plan: Plan): string {
  const needed = plan.transactions[Number(state.detail)]?.changes[0]?.id
  return needed === undefined ? 'the apply was interrupted' : `it needs ${needed}, which was not done`
}

function stepTitle(transaction: Transaction, state: TransactionState): string {
  const bad = state.steps.find((step) => step.status === 'refused' || step.status === 'failed' || step.status === 'unproven')
  if (state.detail === 'unreachable') return 'enter the container'
  if (state.detail === 'arm') return 'arm the undo'
  if (bad === undefined) return `run to its end (state ${[state.state, state.detail].join(' ').trim()}, after ${state.steps.length} steps)`
  return transaction.steps[bad.index]?.title ?? 'run to its end'
}

function exitCodeOf(state: TransactionState): number {
  return state.steps.find((step) => step.status === 'failed' || step.status === 'unproven')?.exitCode ?? 1
}

function lastWords(stderr: string): string {
  const lines = stderr.trim().split('\n')
  return lines.slice(-3).join('; ') || 'its guard did not hold'
}
