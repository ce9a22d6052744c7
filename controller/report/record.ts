import { alertConditions } from '../model/alarm.ts'
import type { Condition } from '../model/condition.ts'
import { type ClockReading, type ControllerEvent, type ReconcileReport, type ReconcileResult, reconcileResults } from '../model/event.ts'
import type { ManifestId } from '../model/ids.ts'
import { brakes, type PlannedChange } from '../model/plan.ts'
import { type AlertState, severities, standing } from './alerts.ts'
import { ownerOf } from './findings.ts'
import { exceptions, levels, type Metrics } from './metrics.ts'
import { forgetHypervisor, forgetManifest, kindAndName, know, setSamples, setVerified } from './series.ts'

/** The brake that holds back removals. */
const countedBrake = 'MassDelete'

/** Counts an event in the metrics. */
export async function recordEvent(metrics: Metrics, event: ControllerEvent): Promise<void> {
  switch (event.type) {
    case 'reconciled':
      return recordReport(metrics, event.report)
    case 'hostFailed':
      countCycle(metrics, event.hypervisor, 'error')
      metrics.hypervisorUp.set({ hypervisor: event.hypervisor }, 0)
      // What its clock was says nothing of what it is.
      for (const metric of clockMetrics(metrics)) metric.remove({ hypervisor: event.hypervisor })
      return
    case 'committed':
      metrics.gitRevisionInfo.reset()
      metrics.gitRevisionInfo.set({ commit: event.commit.hash }, 1)
      metrics.gitRevisionErrors.set(event.diagnostics.filter(({ severity }) => severity === 'error').length)
      return
    case 'git':
      metrics.gitFetchTotal.inc({ result: event.status === 'ok' ? 'success' : 'error' })
      if (event.status === 'ok') metrics.gitLastFetch.set(event.atSeconds)
      metrics.gitHeadRefused.set(event.refused === undefined ? 0 : 1)
      return
    case 'removed':
      return forgetHypervisor(metrics, event.hypervisor)
    case 'uncleanStop':
    case 'tick':
    case 'webhook':
    case 'etcd':
      return
    default:
      event satisfies never
  }
}

/** Each result has a 0 from the first cycle on: without, an increase() in PromQL misses what is counted first. */
function countCycle(metrics: Metrics, hypervisor: string, result: ReconcileResult): void {
  for (const each of reconcileResults) metrics.reconcileTotal.inc({ hypervisor, result: each }, Number(each === result))
}

async function recordReport(metrics: Metrics, report: ReconcileReport): Promise<void> {
  const { hypervisor } = report
  countCycle(metrics, hypervisor, report.result)
  metrics.hypervisorUp.set({ hypervisor }, 1)
  if (report.clock) recordClock(metrics, hypervisor, report.clock)
  for (const [phase, ms] of Object.entries(report.durationMs)) metrics.reconcileDuration.observe({ phase }, ms / 1000)
  if (report.error !== undefined) return
  for (const change of [...report.drift, ...report.corrected]) know(metrics, hypervisor, ownerOf(change) as ManifestId)
  for (const change of report.drift) metrics.driftDetectedTotal.inc(ownerLabels(hypervisor, change))
  for (const change of report.corrected) metrics.driftCorrectedTotal.inc(ownerLabels(hypervisor, change))
  metrics.pruneTotal.inc({ hypervisor }, report.applied.filter((change) => change.action === 'delete').length)
  for (const held of report.withheld.filter(({ brake }) => brake === countedBrake))
    metrics.pruneBlockedTotal.inc({ hypervisor, reason: held.brake })
  recordLeft(metrics, report)
  for (const [manifest, vitals] of Map.groupBy(report.vitals, (vital) => vital.manifest)) {
    const samples = vitals.flatMap((vital) => vital.assessment.samples)
    setSamples(metrics, { hypervisor, ...kindAndName(manifest) }, samples)
  }
}

/** What the cycle left undone, and that it has held the host against Git. */
function recordLeft(
  metrics: Metrics,
  { hypervisor, endedSeconds, isUnsettled, withheld, refused, unknown, failed }: ReconcileReport,
): void {
  if (isUnsettled) return
  metrics.hypervisorLastProof.set({ hypervisor }, endedSeconds)
  metrics.refusedItems.set({ hypervisor }, refused.length)
  metrics.unknownItems.set({ hypervisor }, unknown.length)
  metrics.failedTransactions.set({ hypervisor }, failed.length)
  for (const reason of brakes) metrics.withheldChanges.remove({ hypervisor, reason })
  for (const { brake, changes } of withheld) metrics.withheldChanges.inc({ hypervisor, reason: brake }, changes.length)
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

/** Open drift of one hypervisor after a cycle: fields and age by manifest. Replaces what was there; a manifest placed there that does not drift says 0, and one that is there no more says nothing at all. */
export async function recordOpenDrift(
  metrics: Metrics,
  hypervisor: string,
  placed: Iterable<ManifestId>,
  open: readonly OpenDrift[],
  nowSeconds: number,
): Promise<void> {
  const byOwner = Map.groupBy(open, ({ change }) => ownerOf(change))
  const all = new Set([...placed, ...byOwner.keys()] as ManifestId[])
  for (const known of metrics.placed.get(hypervisor) ?? []) if (!all.has(known)) forgetManifest(metrics, hypervisor, known)
  metrics.placed.set(hypervisor, all)
  metrics.pruneBlockedTotal.inc({ hypervisor, reason: countedBrake }, 0)
  for (const manifest of all) startAtZero(metrics, { hypervisor, ...kindAndName(manifest) })
  for (const [owner, drifts] of byOwner) {
    const labels = { hypervisor, ...kindAndName(owner) }
    const fields = drifts.flatMap(({ change }) => change.fields.filter((field) => field.cause === 'drift'))
    metrics.driftFields.set(labels, fields.length)
    metrics.driftOpenSeconds.set(labels, nowSeconds - Math.min(...drifts.map((drift) => drift.sinceSeconds)))
  }
}

/** As with the cycles. */
function startAtZero(metrics: Metrics, labels: { readonly hypervisor: string; readonly kind: string; readonly name: string }): void {
  metrics.driftFields.set(labels, 0)
  metrics.driftOpenSeconds.remove(labels)
  metrics.driftCorrectedTotal.inc(labels, 0)
  metrics.driftDetectedTotal.inc(labels, 0)
}

/** Conditions of one manifest on one hypervisor (empty: not placed on any yet). */
export async function recordConditions(
  metrics: Metrics,
  manifest: ManifestId,
  hypervisor: string,
  standing: { readonly conditions: readonly Condition[] },
): Promise<void> {
  const labels = { hypervisor, ...kindAndName(manifest) }
  know(metrics, hypervisor, manifest)
  for (const { type, status } of standing.conditions) {
    if (levels.includes(type)) metrics.resourceCondition.set({ ...labels, type }, status === 'unknown' ? -1 : Number(status))
    else if (exceptions.includes(type) && status === true) metrics.resourceCondition.set({ ...labels, type }, 1)
    else metrics.resourceCondition.remove({ ...labels, type })
  }
}

/** A host was seen to be as this commit says; how long that took, where it was watched from the commit on. */
export async function recordApplied(metrics: Metrics, hypervisor: string, commit: string, tookSeconds: number | undefined): Promise<void> {
  setVerified(metrics, hypervisor, commit)
  if (tookSeconds === undefined) return
  metrics.commitToApplied.observe(tookSeconds)
  metrics.hypervisorCommitToApplied.set({ hypervisor }, tookSeconds)
}

/** The causes that stand, by condition and hypervisor; each condition has a 0 besides, so that its sum is always there. */
export function recordAlerts(metrics: Metrics, state: AlertState): void {
  metrics.alertsFiring.reset()
  for (const condition of alertConditions) metrics.alertsFiring.set({ hypervisor: '', condition, severity: severities[condition] }, 0)
  for (const { hypervisor, condition } of standing(state))
    metrics.alertsFiring.inc({ hypervisor, condition, severity: severities[condition] })
}

function ownerLabels(hypervisor: string, change: PlannedChange) {
  return { hypervisor, ...kindAndName(ownerOf(change)) }
}
