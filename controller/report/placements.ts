import type { ReconcileReport, VitalReport } from '../model/event.ts'
import type { ManifestId } from '../model/ids.ts'
import { type PlannedChange, passingBrakes } from '../model/plan.ts'
import type { OpenDriftView } from '../model/status.ts'
import { type Target, targetKey } from '../model/target.ts'
import type { PlacementFacts } from './conditions.ts'
import { itemOf } from './mails.ts'
import { bound } from './unified.ts'

/** A manifest that stands on a target of this hypervisor. */
export interface Placed {
  readonly manifest: ManifestId
  readonly target: Target
}

type Claim = Pick<PlacementFacts, 'state' | 'reason' | 'message'> & {
  readonly owners: readonly string[]
  readonly target: Target | undefined
}

/** How each placement on a hypervisor stands after a cycle: its worst news decides. */
export function placementsAfter(report: ReconcileReport, placed: readonly Placed[]): ReadonlyMap<ManifestId, readonly PlacementFacts[]> {
  const claims = claimsOf(report)
  const drift = driftLeft(report)
  const facts = placed.map(({ manifest, target }) => {
    const mine = claims.find((claim) => isAbout(claim, manifest, target)) ?? converged
    const driftingFields = drift
      .filter((change) => isAbout(change, manifest, target))
      .reduce((sum, change) => sum + change.fields.filter((field) => field.cause === 'drift').length, 0)
    const { state, reason, message } = mine
    return {
      manifest,
      facts: { target: targetKey(target), state, reason, message, driftingFields, health: healthOf(report.vitals, manifest, target) },
    }
  })
  return group(facts)
}

/** How each placement stands when the host could not be read: unknown, whatever it was. */
export function placementsUnread(
  placed: readonly Placed[],
  reason: string,
  message: string,
): ReadonlyMap<ManifestId, readonly PlacementFacts[]> {
  return group(
    placed.map(({ manifest, target }) => {
      const facts = { target: targetKey(target), state: 'unknown' as const, reason, message, driftingFields: 0, health: [] }
      return { manifest, facts }
    }),
  )
}

/** Drift that is still open after a cycle, field by field, for the API. `since` knows items as `target id` (store.seeDrift). */
export function openDrift(report: ReconcileReport, since: ReadonlyMap<string, number>): readonly OpenDriftView[] {
  return driftLeft(report).flatMap((change) =>
    change.fields
      .filter((field) => field.cause === 'drift')
      .map(({ field, before, after }) => ({
        target: targetKey(change.target),
        item: change.id,
        field,
        wanted: after ?? null,
        found: before ?? null,
        sinceSeconds: since.get(itemOf(change)) ?? report.endedSeconds,
        owners: change.owners,
      })),
  )
}

/** Drift that stands after a cycle, whatever kept it from being put right: a policy, a brake, a hold, a failure. */
export function driftLeft(report: ReconcileReport): readonly PlannedChange[] {
  const corrected = new Set(report.corrected.map(itemOf))
  return report.drift.filter((change) => !corrected.has(itemOf(change)))
}

const converged = { state: 'converged', reason: 'Converged', message: 'as Git says' } as const

/** Worst first: the first claim about a placement is its state. */
function claimsOf(report: ReconcileReport): readonly Claim[] {
  const { error, refused, failed, withheld, unknown, inProgress } = report
  const state = report.result === 'stalled' ? 'stalled' : 'retrying'
  return [
    ...(error === undefined ? [] : [{ owners: [], target: undefined, state, reason: 'CycleFailed', message: error } as const]),
    ...refused.map(
      (refusal): Claim => ({ ...refusal, state: 'stalled', reason: 'Refused', message: `${refusal.id}: ${refusal.reasons.join('; ')}` }),
    ),
    ...failed.map(
      (transaction): Claim => ({
        owners: transaction.owners,
        target: transaction.target,
        state: 'retrying',
        reason: transaction.isHeldBack ? 'HeldBack' : 'StepFailed',
        message: failureSentence(transaction),
      }),
    ),
    ...withheld.flatMap((held) =>
      held.changes.map(({ owners, target }): Claim => {
        const isTurn = passingBrakes.includes(held.brake)
        return { owners, target, state: isTurn ? 'progressing' : 'withheld', reason: held.brake, message: held.because }
      }),
    ),
    ...unknown.map(
      ({ owners, target, id, reason }): Claim => ({ owners, target, state: 'unknown', reason: 'Unreadable', message: `${id}: ${reason}` }),
    ),
    ...inProgress.map(
      ({ owners, target, title }): Claim => ({ owners, target, state: 'progressing', reason: 'InProgress', message: title }),
    ),
  ]
}

function failureSentence({ outcome, isHeldBack }: ReconcileReport['failed'][number]): string {
  const said = outcome.status === 'refused' ? outcome.because : outcome.stderr
  const words = bound(said.trim().split('\n').slice(-3).join('; '), { maxLines: 1, maxColumns: 400 })
  const kept = isHeldBack ? '; its last good version stays in force' : ''
  return `failed at '${outcome.step}'${words === '' ? '' : `: ${words}`}${kept}`
}

/** A claim without a target is about the whole hypervisor. */
function isAbout(
  claim: { readonly owners: readonly string[]; readonly target: Target | undefined },
  manifest: ManifestId,
  target: Target,
): boolean {
  if (claim.target === undefined) return true
  return claim.owners.includes(manifest) && targetKey(claim.target) === targetKey(target)
}

function healthOf(vitals: readonly VitalReport[], manifest: ManifestId, target: Target) {
  return vitals
    .filter((vital) => vital.manifest === manifest && targetKey(vital.target) === targetKey(target))
    .map((vital) => vital.assessment)
}

function group(all: readonly { readonly manifest: ManifestId; readonly facts: PlacementFacts }[]) {
  const groups = Map.groupBy(all, ({ manifest }) => manifest)
  return new Map([...groups].map(([manifest, members]) => [manifest, members.map(({ facts }) => facts)]))
}
