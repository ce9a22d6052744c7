import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { alertConditions } from '../model/alarm.ts'
import type { ConditionType } from '../model/condition.ts'
import { hookResults } from '../model/hook.ts'
import type { ManifestId } from '../model/ids.ts'
import type { Sample } from '../model/kind.ts'
import {
  type ControllerMetric,
  exportedName,
  type MetricDefinition,
  metricDefinitions,
  ownerLabels,
  type VitalMetric,
} from '../model/metric.ts'
import { vitalMetrics } from '../model/vitalMetrics.ts'
import { severities } from './alerts.ts'
import { scrape } from './scrape.ts'

const bucketsSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]

/** Conditions that every manifest shows; those that it shows while they are true. Reconciling passes between two scrapes, Drifted is drift_fields. */
export const levels: readonly ConditionType[] = ['Ready', 'Healthy']
export const exceptions: readonly ConditionType[] = ['Stalled', 'Suspended']
export const shownConditions = [...levels, ...exceptions]

/** Every metric of Reeve, and the registry that they are in. */
export type Metrics = ReturnType<typeof createMetrics>

/** All metrics of the controller in a registry of their own, as model/metric.ts defines them. `breathe` lets others in while many series are written. */
export function createMetrics(breathe: () => Promise<void> = () => Promise.resolve()) {
  const registry = new Registry()
  const vitals = new Map(Object.keys(vitalMetrics).map((name) => [name, makeVital(registry, name as VitalMetric)]))
  const metrics = {
    registry,
    vitals,
    /** Manifests that anything was ever told of there, with the samples that stand, by hypervisor: all that must go with it. */
    known: new Map<string, Map<ManifestId, readonly Sample[]>>(),
    /** The newest commit that is verified there, by hypervisor. */
    verified: new Map<string, string>(),
    /** Manifests that it is the place of, by hypervisor. */
    placed: new Map<string, ReadonlySet<ManifestId>>(),
    ...resourceMetrics(registry),
    ...hypervisorMetrics(registry),
    ...gitMetrics(registry),
    ...forgeMetrics(registry),
    ...queueMetrics(registry),
    ...noticeMetrics(registry),
    text: () => scrape(registry, breathe),
    contentType: registry.contentType,
  }
  // A count that begins at 1 has no increase to Prometheus.
  for (const result of ['success', 'error']) metrics.gitFetchTotal.inc({ result }, 0)
  for (const source of ['watch', 'resync']) metrics.driftDetection.zero({ source })
  for (const result of ['sent', 'retried', 'failed']) metrics.mailTotal.inc({ result }, 0)
  for (const condition of alertConditions) metrics.alertsFiring.set({ hypervisor: '', condition, severity: severities[condition] }, 0)
  return metrics
}

function resourceMetrics(registry: Registry) {
  return {
    resourceCondition: gauge(registry, 'resource_condition'),
    driftFields: gauge(registry, 'drift_fields'),
    driftOpenSeconds: gauge(registry, 'drift_open_seconds'),
    driftDetectedTotal: counter(registry, 'drift_detected_total'),
    driftCorrectedTotal: counter(registry, 'drift_corrected_total'),
    driftDetection: histogram(registry, 'drift_detection_seconds'),
    pruneTotal: counter(registry, 'prune_total'),
    pruneBlockedTotal: counter(registry, 'prune_blocked_total'),
    withheldChanges: gauge(registry, 'withheld_changes'),
    refusedItems: gauge(registry, 'refused_items'),
    unknownItems: gauge(registry, 'unknown_items'),
    failedTransactions: gauge(registry, 'failed_transactions'),
  }
}

function hypervisorMetrics(registry: Registry) {
  return {
    reconcileTotal: counter(registry, 'reconcile_total'),
    reconcileDuration: histogram(registry, 'reconcile_duration_seconds'),
    commitToApplied: histogram(registry, 'commit_to_applied_seconds'),
    hypervisorCommitToApplied: gauge(registry, 'hypervisor_commit_to_applied_seconds'),
    hypervisorRevisionInfo: gauge(registry, 'hypervisor_revision_info'),
    hypervisorLastProof: gauge(registry, 'hypervisor_last_proof_timestamp_seconds'),
    sshRoundTripsTotal: counter(registry, 'ssh_round_trips_total'),
    sshWaitSecondsTotal: counter(registry, 'ssh_wait_seconds_total'),
    hypervisorUp: gauge(registry, 'hypervisor_up'),
    hypervisorClockOffset: gauge(registry, 'hypervisor_clock_offset_seconds'),
    hypervisorClockError: gauge(registry, 'hypervisor_clock_error_seconds'),
    hypervisorRoundTrip: gauge(registry, 'hypervisor_round_trip_seconds'),
    hypervisorCircuitState: gauge(registry, 'hypervisor_circuit_state'),
    hypervisorWatchUp: gauge(registry, 'hypervisor_watch_up'),
    hypervisorWatchLastEvent: gauge(registry, 'hypervisor_watch_last_event_timestamp_seconds'),
    hypervisorSuspended: gauge(registry, 'hypervisor_suspended'),
  }
}

function gitMetrics(registry: Registry) {
  return {
    gitLastFetch: gauge(registry, 'git_last_fetch_timestamp_seconds'),
    gitFetchTotal: counter(registry, 'git_fetch_total'),
    gitRevisionInfo: gauge(registry, 'git_revision_info'),
    gitRevisionSeen: gauge(registry, 'git_revision_timestamp_seconds'),
    gitRevisionErrors: gauge(registry, 'git_revision_errors'),
    gitHeadRefused: gauge(registry, 'git_head_refused'),
    gitVerifyFailuresTotal: counter(registry, 'git_verify_failures_total'),
  }
}

/** Each result from 0 on: without a first 0 an increase() in PromQL misses what is counted first. */
function forgeMetrics(registry: Registry) {
  const webhookRequestsTotal = counter(registry, 'webhook_requests_total')
  for (const result of hookResults) webhookRequestsTotal.inc({ result }, 0)
  const commitStatusTotal = counter(registry, 'commit_status_total')
  for (const result of ['sent', 'retried', 'failed']) commitStatusTotal.inc({ result }, 0)
  return { webhookRequestsTotal, commitStatusTotal }
}

function queueMetrics(registry: Registry) {
  return {
    workqueueDepth: gauge(registry, 'workqueue_depth'),
    workqueueAddsTotal: counter(registry, 'workqueue_adds_total'),
    workqueueRetriesTotal: counter(registry, 'workqueue_retries_total'),
    workqueueQueueDuration: histogram(registry, 'workqueue_queue_duration_seconds'),
    workqueueWorkDuration: histogram(registry, 'workqueue_work_duration_seconds'),
    workqueueLongestRunning: gauge(registry, 'workqueue_longest_running_processor_seconds'),
  }
}

/** As one that shares nothing has them. */
function replicaMetrics(registry: Registry) {
  const [replicas, replicaCertain] = [gauge(registry, 'replicas'), gauge(registry, 'replica_certain')]
  replicas.set(1)
  replicaCertain.set(1)
  const [replicaHypervisors, replicaWaysCut] = [gauge(registry, 'replica_hypervisors'), gauge(registry, 'replica_ways_cut')]
  return { replicas, replicaCertain, replicaHypervisors, replicaWaysCut }
}

function noticeMetrics(registry: Registry) {
  return {
    ...replicaMetrics(registry),
    alertsFiring: gauge(registry, 'alerts_firing'),
    mailTotal: counter(registry, 'mail_total'),
    mailSpoolMessages: gauge(registry, 'mail_spool_messages'),
    mailLastSuccess: gauge(registry, 'mail_last_success_timestamp_seconds'),
  }
}

function counter(registry: Registry, name: ControllerMetric<'counter'>): Counter {
  return new Counter(configuration(registry, name))
}

function gauge(registry: Registry, name: ControllerMetric<'gauge'>): Gauge {
  return new Gauge(configuration(registry, name))
}

function histogram(registry: Registry, name: ControllerMetric<'histogram'>): Histogram {
  return new Histogram({ ...configuration(registry, name), buckets: bucketsSeconds })
}

function makeVital(registry: Registry, name: VitalMetric): Counter | Gauge {
  const { labelNames, ...rest } = configuration(registry, name)
  const all = { ...rest, labelNames: [...labelNames, ...ownerLabels] }
  return vitalMetrics[name].type === 'counter' ? new Counter(all) : new Gauge(all)
}

function configuration(registry: Registry, name: keyof typeof metricDefinitions) {
  const { help, labels }: MetricDefinition = metricDefinitions[name]
  return { name: exportedName(name), help, labelNames: [...labels], registers: [registry] }
}

/** Names of all metrics that are exported. */
export function metricNames(metrics: Metrics): readonly string[] {
  return metrics.registry.getMetricsAsArray().map((metric) => metric.name)
}
