import type { Applied, Cycle, CycleStatus } from '../engine/cycle.ts'
import { vitalKey } from '../engine/observe.ts'
import type { Witness } from '../engine/witness.ts'
import type { FailedTransaction, Noticed, ReconcileReport, ReconcileResult, VitalReport } from '../model/event.ts'
import type { ManifestId } from '../model/ids.ts'
import type { DesiredState, PlannedChange } from '../model/plan.ts'
import type { Target } from '../model/target.ts'
import { targetKey } from '../model/target.ts'
import type { Notice } from './noticed.ts'
import type { SeenCycle } from './ports.ts'
import type { Revision } from './revision.ts'

const results: Readonly<Record<CycleStatus, ReconcileResult>> = {
  noop: 'noop',
  converged: 'success',
  waiting: 'noop',
  withheld: 'withheld',
  failed: 'error',
  held: 'withheld',
}

/** A cycle as metrics, alerts and history hear of it. */
export function reportOf({ cycle, revision, witnesses, finding }: SeenCycle, endedSeconds: number): ReconcileReport {
  const desired = revision.compiled.states.get(cycle.hypervisor)
  const done = cycle.applied.filter(({ outcome }) => outcome.status === 'done').flatMap(({ transaction }) => transaction.changes)
  const doneKeys = new Set(done.map(keyOf))
  const driftKeys = new Set(cycle.drift.map(keyOf))
  return {
    hypervisor: cycle.hypervisor,
    commit: cycle.commit,
    startedSeconds: endedSeconds - (cycle.phasesMs.observe + cycle.phasesMs.plan + cycle.phasesMs.apply) / 1000,
    endedSeconds,
    durationMs: cycle.phasesMs,
    roundTrips: cycle.roundTrips,
    result: cycle.busy?.isOverdue ? 'error' : results[cycle.status],
    ...(cycle.busy?.isOverdue ? { error: cycle.busy.message } : cycle.stuck === undefined ? {} : { error: cycle.stuck }),
    isUnsettled: cycle.busy !== undefined,
    drift: cycle.drift,
    corrected: cycle.drift.filter((change) => doneKeys.has(keyOf(change))),
    applied: done.filter((change) => !driftKeys.has(keyOf(change))),
    failed: [...cycle.applied.flatMap(failureOf), ...jobFailures(cycle, desired)],
    withheld: [...cycle.plan.withheld.filter((withheld) => withheld.brake !== 'Waiting'), ...held(cycle)],
    refused: cycle.plan.refused.map((refusal) => ({ ...refusal, at: placeOf(refusal.owners, revision) })),
    orphans: cycle.plan.orphans,
    unknown: cycle.plan.unknown,
    vitals: cycle.busy ? [] : assess(cycle, desired),
    ...(cycle.clock === undefined ? {} : { clock: cycle.clock }),
    unasked: unasked(cycle, desired),
    loggedIn: witnesses.map(describe),
    noticed: (finding?.noticed ?? []).map(noticedOf),
    inProgress: inProgress(cycle, desired),
  }
}

function placeOf(owners: readonly ManifestId[], revision: Revision): string {
  const source = revision.fleet.manifests.find((manifest) => owners.includes(manifest.id))?.source
  return source === undefined ? '' : `${source.file}:${source.line}:${source.column}`
}

function keyOf(change: PlannedChange): string {
  return `${targetKey(change.target)} ${change.id}`
}

function failureOf({ transaction, outcome, isHeldBack }: Applied): readonly FailedTransaction[] {
  if (outcome.status !== 'failed' && outcome.status !== 'refused') return []
  return [
    {
      target: transaction.target,
      owners: transaction.owners,
      changes: transaction.changes,
      outcome,
      ...(isHeldBack ? { isHeldBack } : {}),
    },
  ]
}

function jobFailures(cycle: Cycle, desired: DesiredState | undefined): readonly FailedTransaction[] {
  return cycle.finishedJobs
    .filter((job) => !job.isDone)
    .map((job) => {
      const items = (desired?.items ?? []).filter((item) => job.items.includes(`${targetKey(item.target)} ${item.spec.id}`))
      const target: Target = items[0]?.target ?? { hypervisor: cycle.hypervisor }
      const owners: readonly ManifestId[] = [...new Set(items.flatMap((item) => item.owners))]
      const changes: readonly PlannedChange[] = items.map((item) => ({
        id: item.spec.id,
        action: 'create',
        impact: 'none',
        fields: [],
        target: item.target,
        owners: item.owners,
      }))
      return { target, owners, changes, outcome: { status: 'failed', step: 'end its job', exitCode: 1, stderr: job.stderr, undone: true } }
    })
}

function assess(cycle: Cycle, desired: DesiredState | undefined): readonly VitalReport[] {
  return (desired?.vitals ?? []).flatMap((vital) => {
    const reading = cycle.vitals.get(vitalKey(vital))
    if (reading === undefined) return []
    return [{ manifest: vital.owner, target: vital.target, assessment: vital.assess(reading) }]
  })
}

/** Owners of what has no answer yet: nothing is known of it, and nothing about it is over. */
function unasked(cycle: Cycle, desired: DesiredState | undefined): readonly ManifestId[] {
  return (desired?.vitals ?? []).flatMap((vital) => (cycle.vitals.has(vitalKey(vital)) ? [] : [vital.owner]))
}

/** As people hear of it. */
export function noticedOf({ words, by, items }: Notice): Noticed {
  return { text: by === undefined ? words : `${words} (${by})`, items }
}

function describe({ user, from, sinceSeconds, untilSeconds }: Witness): string {
  const since = sinceSeconds === undefined ? '' : ` since ${clockTime(sinceSeconds)}`
  return `${user} from ${from}${since}${untilSeconds === undefined ? ', still logged in' : ` until ${clockTime(untilSeconds)}`}`
}

/** `2026-11-21 23:01:07 UTC` of the host's clock. */
function clockTime(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function inProgress(cycle: Cycle, desired: DesiredState | undefined): ReconcileReport['inProgress'] {
  const items = (desired?.items ?? []).filter((item) => cycle.inProgress.includes(`${targetKey(item.target)} ${item.spec.id}`))
  return items.map(({ owners, target, spec }) => ({ owners, target, title: `${spec.id} is being made` }))
}

/** What the console's hold, or a suspension of the whole host, keeps back: all that the plan would do. */
function held({ status, message, plan, hold }: Cycle): ReconcileReport['withheld'] {
  if (status !== 'held') return []
  return [
    {
      brake: hold === undefined ? 'Suspended' : 'Hold',
      changes: plan.transactions.flatMap((transaction) => transaction.changes),
      because: message,
    },
  ]
}
