import type { Cycle } from '../engine/cycle.ts'
import type { VitalReport } from '../model/event.ts'
import type { ManifestId } from '../model/ids.ts'
import type { DesiredState } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'
import type { PlacementFacts } from '../report/conditions.ts'

type Verdict = Pick<PlacementFacts, 'state' | 'reason' | 'message'>

/** How each manifest stands on each target of one hypervisor after a cycle. */
export function placementsOf(
  cycle: Cycle,
  desired: DesiredState,
  vitals: readonly VitalReport[],
): ReadonlyMap<ManifestId, readonly PlacementFacts[]> {
  const targets = new Map<ManifestId, Set<string>>()
  for (const item of desired.items)
    for (const owner of item.owners) targets.set(owner, (targets.get(owner) ?? new Set()).add(targetKey(item.target)))
  return new Map([...targets].map(([owner, keys]) => [owner, [...keys].map((target) => placement(owner, target, cycle, vitals))]))
}

function placement(owner: ManifestId, target: string, cycle: Cycle, vitals: readonly VitalReport[]): PlacementFacts {
  const verdict =
    failed(owner, target, cycle) ??
    refused(owner, target, cycle) ??
    withheld(owner, target, cycle) ??
    unknown(owner, target, cycle) ??
    pending(owner, target, cycle) ??
    converged
  const open = cycle.plan.withheld
    .flatMap((one) => one.changes)
    .filter((change) => change.owners.includes(owner) && targetKey(change.target) === target)
  const health = vitals.filter((vital) => vital.manifest === owner && targetKey(vital.target) === target)
  return {
    target,
    ...verdict,
    driftingFields: open.flatMap((change) => change.fields).filter((field) => field.cause === 'drift').length,
    health: health.map(({ assessment: { healthy, reason, message } }) => ({ healthy, reason, message })),
  }
}

const converged: Verdict = { state: 'converged', reason: 'Converged', message: 'as Git says' }

function failed(owner: ManifestId, target: string, cycle: Cycle): Verdict | undefined {
  if (cycle.status !== 'failed') return undefined
  const bad = cycle.applied.find(
    ({ transaction, outcome }) =>
      transaction.owners.includes(owner) &&
      targetKey(transaction.target) === target &&
      (outcome.status === 'failed' || outcome.status === 'refused'),
  )
  return bad ? { state: 'retrying', reason: 'ApplyFailed', message: cycle.message } : undefined
}

function refused(owner: ManifestId, target: string, { plan }: Cycle): Verdict | undefined {
  const refusal = plan.refused.find((one) => one.owners.includes(owner) && targetKey(one.target) === target)
  return refusal ? { state: 'stalled', reason: 'Refused', message: `${refusal.id}: ${refusal.reasons.join('; ')}` } : undefined
}

function withheld(owner: ManifestId, target: string, { plan }: Cycle): Verdict | undefined {
  const held = plan.withheld.find((one) =>
    one.changes.some((change) => change.owners.includes(owner) && targetKey(change.target) === target),
  )
  if (held === undefined) return undefined
  return { state: held.brake === 'Waiting' ? 'progressing' : 'withheld', reason: held.brake, message: held.because }
}

function unknown(owner: ManifestId, target: string, { plan, inProgress }: Cycle): Verdict | undefined {
  const unread = plan.unknown.find((one) => one.owners.includes(owner) && targetKey(one.target) === target)
  if (unread === undefined) return undefined
  const isBeingMade = inProgress.includes(`${targetKey(unread.target)} ${unread.id}`)
  return {
    state: isBeingMade ? 'progressing' : 'unknown',
    reason: isBeingMade ? 'InProgress' : 'Unknown',
    message: `${unread.id}: ${unread.reason}`,
  }
}

function pending(owner: ManifestId, target: string, { plan }: Cycle): Verdict | undefined {
  const more = plan.transactions.some((transaction) => transaction.owners.includes(owner) && targetKey(transaction.target) === target)
  return more ? { state: 'progressing', reason: 'Applying', message: 'more is to be done' } : undefined
}
