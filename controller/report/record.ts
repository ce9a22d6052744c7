import type { Condition } from '../model/condition.ts'
import type { ClockReading, ControllerEvent, ReconcileReport } from '../model/event.ts'
import type { ManifestId } from '../model/ids.ts'
import type { PlannedChange } from '../model/plan.ts'
import { type AlertState, firing } from './alerts.ts'
import { ownerOf } from './findings.ts'
import { forgetObject, type Metrics, setSamples } from './metrics.ts'
import { forget } from './series.ts'

/** The brake that holds back removals. */
const countedBrake = 'MassDelete'

/** Counts an event in the metrics. */
export async function recordEvent(metrics: Metrics, event: ControllerEvent): Promise<void> {
  switch (event.type) {
    case 'reconciled':
      return recordReport(metrics, event.report)
    case 'hostFailed':
      metrics.reconcileTotal.inc({ hypervisor: event.hypervisor, result: 'error' })
      metrics.hypervisorUp.set({ hypervisor: event.hypervisor }, 0)
      // What its clock was says nothing of what it is.
      for (const metric of clockMetrics(metrics)) metric.remove({ hypervisor: event.hypervisor })
      return
    case 'committed':
      metrics.gitRevisionInfo.reset()
      metrics.gitRevisionInfo.set({ commit: event.commit.hash }, 1)
      return
    case 'git':
      metrics.gitFetchTotal.inc({ result: event.status === 'ok' ? 'success' : 'error' })
      if (event.status === 'ok') metrics.gitLastFetch.set(event.atSeconds)
      metrics.gitHeadRefused.set(event.refused === undefined ? 0 : 1)
      return
    case 'removed':
      return forgetObject(metrics, { hypervisor: event.hypervisor })
    case 'uncleanStop':
    case 'tick':
    case 'webhook':
      return
    default:
      event satisfies never
  }
}

async function recordReport(metrics: Metrics, report: ReconcileReport): Promise<void> {
  const { hypervisor } = report
  metrics.reconcileTotal.inc({ hypervisor, result: report.result })
  metrics.hypervisorUp.set({ hypervisor }, 1)
  if (report.clock) recordClock(metrics, hypervisor, report.clock)
  for (const [phase, ms] of Object.entries(report.durationMs)) metrics.reconcileDuration.observe({ hypervisor, phase }, ms / 1000)
  if (report.error !== undefined) return
  const corrected = new Set(report.corrected.map((change) => `${change.target.inside ?? ''} ${change.id}`))
  for (const change of report.drift) {
    const mode = corrected.has(`${change.target.inside ?? ''} ${change.id}`) ? 'correct' : 'report'
    metrics.driftDetectedTotal.inc({ ...ownerLabels(hypervisor, change), mode })
  }
  for (const change of report.corrected) metrics.driftCorrectedTotal.inc(ownerLabels(hypervisor, change))
  metrics.pruneTotal.inc({ hypervisor }, report.applied.filter((change) => change.action === 'delete').length)
  for (const held of report.withheld.filter(({ brake }) => brake === countedBrake))
    metrics.pruneBlockedTotal.inc({ hypervisor, reason: held.brake })
  for (const [manifest, vitals] of Map.groupBy(report.vitals, (vital) => vital.manifest)) {
    const samples = vitals.flatMap((vital) => vital.assessment.samples)
    await setSamples(metrics, { hypervisor, ...kindAndName(manifest) }, samples)
  }
}

function clockMetrics({ hypervisorClockOffset, hypervisorClockError, hypervisorRoundTrip }: Metrics) {
  return [hypervisorClockOffset, hypervisorClockError, hypervisorRoundTrip] as const
}

function recordClock(metrics: Metrics, hypervisor: string, { offsetSeconds, errorSeconds, roundTripSeconds }: ClockReading): void {
  const [offset, error, roundTrip] = clockMetrics(metrics)
  offset.set({ hypervisor }, offsetSeconds)
  error.set({ hypervisor }, errorSeconds)
  roundTrip.set({ hypervisor }, roundTripSeconds)
}

/** A change that puts drift right and was not made, and when it was first seen to be needed. */
export interface OpenDrift {
  readonly change: PlannedChange
  readonly sinceSeconds: number
}

/** Open drift of one hypervisor after a cycle: fields and age by manifest. Replaces what was there; a manifest placed there that does not drift says 0. */
export async function recordOpenDrift(
  metrics: Metrics,
  hypervisor: string,
  placed: Iterable<ManifestId>,
  open: readonly OpenDrift[],
  nowSeconds: number,
): Promise<void> {
  await forget(metrics.driftFields, { hypervisor })
  await forget(metrics.driftOpenSeconds, { hypervisor })
  metrics.pruneBlockedTotal.inc({ hypervisor, reason: countedBrake }, 0)
  for (const manifest of placed) startAtZero(metrics, { hypervisor, ...kindAndName(manifest) })
  for (const [owner, drifts] of Map.groupBy(open, ({ change }) => ownerOf(change))) {
    const labels = { hypervisor, ...kindAndName(owner) }
    const fields = drifts.flatMap(({ change }) => change.fields.filter((field) => field.cause === 'drift'))
    metrics.driftFields.set(labels, fields.length)
    metrics.driftOpenSeconds.set(labels, nowSeconds - Math.min(...drifts.map((drift) => drift.sinceSeconds)))
  }
}

/** Without a first 0 an increase() in PromQL misses what is counted first. */
function startAtZero(metrics: Metrics, labels: { readonly hypervisor: string; readonly kind: string; readonly name: string }): void {
  metrics.driftFields.set(labels, 0)
  metrics.driftOpenSeconds.set(labels, 0)
  metrics.driftCorrectedTotal.inc(labels, 0)
  for (const mode of ['correct', 'report']) metrics.driftDetectedTotal.inc({ ...labels, mode }, 0)
}

/** Conditions of one manifest on one hypervisor (empty: not placed on any yet). */
export async function recordConditions(
  metrics: Metrics,
  manifest: ManifestId,
  hypervisor: string,
  standing: { readonly generation: string; readonly conditions: readonly Condition[] },
): Promise<void> {
  const labels = { hypervisor, ...kindAndName(manifest) }
  await forget(metrics.resourceInfo, labels)
  metrics.resourceInfo.set({ ...labels, generation: standing.generation.slice(0, 12) }, 1)
  for (const { type, status } of standing.conditions) {
    metrics.resourceCondition.set({ ...labels, type }, status === 'unknown' ? -1 : Number(status))
  }
}

export function recordAlerts(metrics: Metrics, state: AlertState): void {
  for (const [severity, count] of Object.entries(firing(state))) metrics.alertsFiring.set({ severity }, count)
}

function ownerLabels(hypervisor: string, change: PlannedChange) {
  return { hypervisor, ...kindAndName(ownerOf(change)) }
}

function kindAndName(id: string): { readonly kind: string; readonly name: string } {
  const slash = id.indexOf('/')
  return slash === -1 ? { kind: '', name: id } : { kind: id.slice(0, slash), name: id.slice(slash + 1) }
}
