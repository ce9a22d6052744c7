import { type Counter, type Gauge, type Histogram, Registry } from 'prom-client'
import { hookResults } from '../model/hook.ts'
import { counter, exportedName, forget, gauge, histogram, type Labels } from './series.ts'

const durationBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
const object = ['hypervisor', 'kind', 'name'] as const

/** Every metric of Reeve, and the registry that they are in. */
export type Metrics = ReturnType<typeof createMetrics>

/** All metrics of the controller in a registry of their own. Base units; names and meanings as in DESIGN §9. */
export function createMetrics() {
  const registry = new Registry()
  return {
    registry,
    samples: diskSamples(registry),
    ...resourceMetrics(registry),
    ...hypervisorMetrics(registry),
    ...gitMetrics(registry),
    ...forgeMetrics(registry),
    ...queueMetrics(registry),
    ...noticeMetrics(registry),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function resourceMetrics(registry: Registry) {
  return {
    resourceInfo: gauge(registry, {
      name: 'resource_info',
      help: 'A manifest in force, by the hash of its content. Always 1.',
      labels: [...object, 'generation'],
    }),
    resourceCondition: gauge(registry, {
      name: 'resource_condition',
      help: 'Condition of a manifest: 1 true, 0 false, -1 unknown.',
      labels: [...object, 'type'],
    }),
    driftFields: gauge(registry, { name: 'drift_fields', help: 'Fields that drift now.', labels: object }),
    driftOpenSeconds: gauge(registry, {
      name: 'drift_open_seconds',
      help: 'Age of the oldest open drift; 0 without drift.',
      labels: object,
    }),
    driftDetectedTotal: counter(registry, {
      name: 'drift_detected_total',
      help: 'Items found drifting, by what is done about it (driftPolicy).',
      labels: [...object, 'mode'],
    }),
    driftCorrectedTotal: counter(registry, {
      name: 'drift_corrected_total',
      help: 'Drifting items put right and verified.',
      labels: object,
    }),
    pruneTotal: counter(registry, {
      name: 'prune_total',
      help: 'Items retired because no manifest asks for them.',
      labels: ['hypervisor'],
    }),
    pruneBlockedTotal: counter(registry, {
      name: 'prune_blocked_total',
      help: 'Plans whose removals a brake withheld.',
      labels: ['hypervisor', 'reason'],
    }),
  }
}

function hypervisorMetrics(registry: Registry) {
  return {
    reconcileTotal: counter(registry, { name: 'reconcile_total', help: 'Cycles, by what came of them.', labels: ['hypervisor', 'result'] }),
    reconcileDuration: histogram(
      registry,
      { name: 'reconcile_duration_seconds', help: 'Time of a cycle, by phase.', labels: ['hypervisor', 'phase'] },
      durationBuckets,
    ),
    commitToApplied: histogram(
      registry,
      { name: 'commit_to_applied_seconds', help: 'From the commit being seen to it being verified on the host.', labels: ['hypervisor'] },
      durationBuckets,
    ),
    sshRoundTripsTotal: counter(registry, {
      name: 'ssh_round_trips_total',
      help: 'Messages to a hypervisor whose answer was waited for.',
      labels: ['hypervisor'],
    }),
    sshWaitSecondsTotal: counter(registry, {
      name: 'ssh_wait_seconds_total',
      help: 'Seconds that these answers took: the host at work, and the way there and back.',
      labels: ['hypervisor'],
    }),
    hypervisorUp: gauge(registry, { name: 'hypervisor_up', help: '1 where the last cycle could read the host.', labels: ['hypervisor'] }),
    hypervisorSuspended: gauge(registry, {
      name: 'hypervisor_suspended',
      help: '1 where a person suspended the whole hypervisor by command: it is looked at, and not changed.',
      labels: ['hypervisor'],
    }),
    hypervisorClockOffset: gauge(registry, {
      name: 'hypervisor_clock_offset_seconds',
      help: "Seconds that its clock is ahead of the controller's (behind: negative), as the last cycle measured it.",
      labels: ['hypervisor'],
    }),
    hypervisorClockError: gauge(registry, {
      name: 'hypervisor_clock_error_seconds',
      help: 'The true offset lies within so many seconds, either side: half of the way there and back.',
      labels: ['hypervisor'],
    }),
    hypervisorRoundTrip: gauge(registry, {
      name: 'hypervisor_round_trip_seconds',
      help: 'The way there and back of a message, without the time that the host was at work.',
      labels: ['hypervisor'],
    }),
    hypervisorCircuitState: gauge(registry, {
      name: 'hypervisor_circuit_state',
      help: 'Circuit breaker: 0 closed, 1 half open, 2 open.',
      labels: ['hypervisor'],
    }),
  }
}

function gitMetrics(registry: Registry) {
  return {
    gitLastFetch: gauge(registry, { name: 'git_last_fetch_timestamp_seconds', help: 'When the repository was last read successfully.' }),
    gitFetchTotal: counter(registry, { name: 'git_fetch_total', help: 'Fetches, by result.', labels: ['result'] }),
    gitRevisionInfo: gauge(registry, { name: 'git_revision_info', help: 'The commit in force. Always 1.', labels: ['commit'] }),
    gitHeadRefused: gauge(registry, {
      name: 'git_head_refused',
      help: '1 where the newest commit is not in force: it, or one below it, is not trusted, or the branch went back or was rewritten.',
    }),
    gitVerifyFailuresTotal: counter(registry, {
      name: 'git_verify_failures_total',
      help: 'Newest commits that were refused, by the reason of the first fault.',
      labels: ['reason'],
    }),
  }
}

/** Each result from 0 on: without a first 0 an increase() in PromQL misses what is counted first. */
function forgeMetrics(registry: Registry) {
  const webhookRequestsTotal = counter(registry, {
    name: 'webhook_requests_total',
    help: 'Requests to the listener of webhooks, by what became of them.',
    labels: ['result'],
  })
  for (const result of hookResults) webhookRequestsTotal.inc({ result }, 0)
  const commitStatusTotal = counter(registry, {
    name: 'commit_status_total',
    help: 'Attempts to set the status of a commit at the forge, by result.',
    labels: ['result'],
  })
  for (const result of ['sent', 'retried', 'failed']) commitStatusTotal.inc({ result }, 0)
  return { webhookRequestsTotal, commitStatusTotal }
}

function queueMetrics(registry: Registry) {
  const seconds = (name: string, help: string) => histogram(registry, { name, help }, durationBuckets)
  return {
    workqueueDepth: gauge(registry, { name: 'workqueue_depth', help: 'Hypervisors that wait for a worker.' }),
    workqueueAddsTotal: counter(registry, { name: 'workqueue_adds_total', help: 'Hypervisors put into the queue.' }),
    workqueueRetriesTotal: counter(registry, { name: 'workqueue_retries_total', help: 'Hypervisors put back after an error.' }),
    workqueueQueueDuration: seconds('workqueue_queue_duration_seconds', 'Time in the queue.'),
    workqueueWorkDuration: seconds('workqueue_work_duration_seconds', 'Time with a worker.'),
    workqueueLongestRunning: gauge(registry, {
      name: 'workqueue_longest_running_processor_seconds',
      help: 'Age of the work that is longest in hand.',
    }),
  }
}

function noticeMetrics(registry: Registry) {
  return {
    alertsFiring: gauge(registry, { name: 'alerts_firing', help: 'Causes that stand and were mailed.', labels: ['severity'] }),
    mailTotal: counter(registry, { name: 'mail_total', help: 'Attempts to send a mail, by result.', labels: ['result'] }),
    mailSpoolMessages: gauge(registry, { name: 'mail_spool_messages', help: 'Mails that wait to be sent.' }),
    mailLastSuccess: gauge(registry, { name: 'mail_last_success_timestamp_seconds', help: 'When the smarthost last took a mail.' }),
  }
}

const disk = ['device', 'serial_number', 'model_name'] as const

/** Samples of vitals that alert rules name, so that they are known before the first disk is read. Upstream's names and meanings (smartctl_exporter). */
function diskSamples(registry: Registry): Map<string, Gauge> {
  const definitions = [
    { name: 'smart_disk_healthy', help: 'A listed disk: 1 no fault, 0 a fault, -1 not read.', labels: ['disk', ...object] },
    {
      name: 'smartctl_device_attribute',
      help: 'Attribute of an ATA disk.',
      labels: [...disk, 'attribute_id', 'attribute_name', 'attribute_value_type', ...object],
    },
    {
      name: 'container_ubc_failures_total',
      help: 'How often a user beancounter of an OpenVZ container refused what was asked for.',
      labels: ['counter', ...object],
    },
  ]
  return new Map(definitions.map((definition) => [definition.name, gauge(registry, definition)]))
}

/** Names of all metrics that are always exported, for the test of dashboards and alert rules. */
export function metricNames(metrics: Metrics): readonly string[] {
  return metrics.registry.getMetricsAsArray().map((metric) => metric.name)
}

/** Deletes all series of an object: `{hypervisor}` or `{kind, name}`. */
export async function forgetObject(metrics: Metrics, where: Labels): Promise<void> {
  const all = metrics.registry.getMetricsAsArray() as unknown as readonly (Counter | Gauge | Histogram)[]
  for (const metric of all) await forget(metric, where)
}

/** Makes a vital's samples the only ones of this object; a sub-object that is no longer named goes. */
export async function setSamples(
  metrics: Metrics,
  owner: { readonly hypervisor: string; readonly kind: string; readonly name: string },
  samples: readonly { readonly metric: string; readonly value: number; readonly labels?: Labels }[],
): Promise<void> {
  for (const known of metrics.samples.values()) await forget(known, owner)
  for (const { metric, value, labels = {} } of samples) {
    const all = { ...labels, ...owner }
    sampleGauge(metrics, metric, Object.keys(all)).set(all, value)
  }
}

function sampleGauge(metrics: Metrics, name: string, labels: readonly string[]): Gauge {
  const known = metrics.samples.get(name)
  if (known) return known
  const made = gauge(metrics.registry, { name, help: `Vital ${exportedName(name)} of a manifest.`, labels })
  metrics.samples.set(name, made)
  return made
}
