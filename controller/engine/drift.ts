import type { Plan, PlannedChange } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'
import type { Applied } from './cycle.ts'

/** Changes of a plan in which something had moved on the host. */
export function driftOf(plan: Plan): readonly PlannedChange[] {
  // Before a peer was read nobody can tell whether it is drift.
  const withheld = plan.withheld.filter(({ brake }) => brake !== 'Peer')
  return [...changesOf(plan), ...withheld.flatMap(({ changes }) => changes)].filter(hasDrifted)
}

/** What moved on the host while a cycle was at work: a later pass is about to put it right, and no earlier one knew or touched it. */
export function driftSince(known: readonly PlannedChange[], applied: readonly Applied[], plan: Plan): readonly PlannedChange[] {
  const seen = new Set([...known, ...applied.flatMap(({ transaction }) => transaction.changes)].map(keyOf))
  return changesOf(plan).filter((change) => hasDrifted(change) && !seen.has(keyOf(change)))
}

/** Of this drift, what the cycle put right. */
export function putRight(drift: readonly PlannedChange[], applied: readonly Applied[]): readonly PlannedChange[] {
  const done = applied.filter(({ outcome }) => outcome.status === 'done').flatMap(({ transaction }) => transaction.changes)
  const keys = new Set(done.map(keyOf))
  return drift.filter((change) => keys.has(keyOf(change)))
}

function changesOf(plan: Plan): readonly PlannedChange[] {
  return plan.transactions.flatMap((transaction) => transaction.changes)
}

function hasDrifted(change: PlannedChange): boolean {
  return change.fields.some((field) => field.cause === 'drift')
}

function keyOf(change: PlannedChange): string {
  return `${targetKey(change.target)} ${change.id}`
}
