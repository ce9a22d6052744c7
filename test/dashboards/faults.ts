import { refusals } from '../../controller/model/refusedCommits.ts'
import { noAlerts, updateAlerts } from '../../controller/report/alerts.ts'
import type { Metrics } from '../../controller/report/metrics.ts'
import { recordAlerts, recordApplied, recordConditions, recordEvent, recordOpenDrift } from '../../controller/report/record.ts'
import { atOnce, committed, driftOfFile, edge, he1, hostFailed, report } from '../report/reports.ts'
import { type Example, placedOn, recordAllVitals, recordFleet } from './fleet.ts'

const drift = driftOfFile('/etc/nginx/conf.d/00-reeve.conf')
const stranger = { ...driftOfFile('/etc/nginx/conf.d/old.conf'), action: 'delete' as const }
const massDelete = { brake: 'MassDelete' as const, changes: [stranger], because: 'removes 9 of 10 items', approval: 'abc123abc123' }
const first = '0123456789abcdef0123456789abcdef01234567'
const second = 'fedcba9876543210fedcba9876543210fedcba98'
const now = () => Date.now() / 1000

/** What the controller and its vitals hear of, by the name of the fault. */
export type FaultName = keyof typeof faults | 'the controller is gone'

/** All is well: two hypervisors, as the controller tells it in its first cycles. */
export async function allIsWell(metrics: Metrics, example: Example): Promise<void> {
  await recordEvent(metrics, { type: 'git', status: 'ok', message: '', atSeconds: now() })
  await recordEvent(metrics, committed(now(), first))
  metrics.gitRevisionSeen.set(now())
  for (const hypervisor of ['he1', 'he2']) {
    await recordEvent(metrics, cycle(hypervisor))
    await recordApplied(metrics, hypervisor, first, undefined)
    metrics.hypervisorCircuitState.set({ hypervisor }, 0)
    metrics.hypervisorSuspended.set({ hypervisor }, 0)
    metrics.hypervisorWatchUp.set({ hypervisor, source: 'file' }, 1)
    metrics.hypervisorWatchLastEvent.set({ hypervisor }, now())
    metrics.sshRoundTripsTotal.inc({ hypervisor }, 0)
    metrics.sshWaitSecondsTotal.inc({ hypervisor }, 0)
  }
  await recordFleet(metrics, example, now())
  recordAlerts(metrics, noAlerts)
  for (const reason of refusals) metrics.gitVerifyFailuresTotal.inc({ reason }, 0)
  metrics.gitHeadRefused.set(0)
  metrics.mailLastSuccess.set(now())
  for (const histogram of [metrics.workqueueQueueDuration, metrics.workqueueWorkDuration]) histogram.observe(0.01)
  metrics.commitToApplied.observe(0.3)
}

function cycle(hypervisor: string, more: Parameters<typeof report>[1] = {}) {
  const clock = { offsetSeconds: 0.001, errorSeconds: 0.002, roundTripSeconds: 0.004 }
  return report(now(), { hypervisor: hypervisor as typeof he1, clock, durationMs: { observe: 50, plan: 3, apply: 0 }, ...more })
}

/** Each fault as the rest of the controller tells it to its metrics; those of things that manifests watch go through the kinds' own parsers. */
export const faults = {
  async 'somebody edits a file, and nobody puts it right'(metrics: Metrics, example: Example) {
    await recordEvent(metrics, cycle('he1', { drift: [drift] }))
    await recordOpenDrift(metrics, he1, placedOn(example, he1), [{ change: drift, sinceSeconds: now() - 90 }], now())
  },
  async 'somebody edits a file, and Reeve puts it right'(metrics: Metrics) {
    await recordEvent(metrics, cycle('he1', { result: 'success', drift: [drift], corrected: [drift] }))
    metrics.driftDetection.observe({ source: 'watch' }, 0.4)
  },
  async 'a person suspends a hypervisor'(metrics: Metrics) {
    metrics.hypervisorSuspended.set({ hypervisor: 'he1' }, 1)
  },
  async 'a commit takes away too much'(metrics: Metrics) {
    await recordEvent(metrics, cycle('he1', { result: 'withheld', withheld: [massDelete] }))
  },
  async 'a commit takes something away'(metrics: Metrics) {
    await recordEvent(metrics, cycle('he1', { result: 'success', applied: [stranger] }))
  },
  async 'a transaction fails, an item is refused, another cannot be read'(metrics: Metrics) {
    const { target, owners, id } = drift
    const failed = {
      target,
      owners,
      changes: [drift],
      outcome: { status: 'failed', step: 'check', exitCode: 1, stderr: '', undone: true } as const,
    }
    const left = { target, id, owners }
    await recordEvent(
      metrics,
      cycle('he1', { result: 'error', failed: [failed], refused: [{ ...left, reasons: ['no'] }], unknown: [{ ...left, reason: 'no' }] }),
    )
  },
  async 'a commit arrives, and only one host has it'(metrics: Metrics) {
    await recordEvent(metrics, committed(now(), second))
    metrics.gitRevisionSeen.set(now() + 1000)
    await recordApplied(metrics, he1, second, 42)
  },
  async 'a commit has an error'(metrics: Metrics) {
    await recordEvent(metrics, committed(now(), second, 'a port is 70000'))
    await tell(metrics, committed(now(), second, 'a port is 70000'))
  },
  async 'the repository does not answer'(metrics: Metrics) {
    await recordEvent(metrics, { type: 'git', status: 'trouble', message: 'no', atSeconds: now() })
    metrics.gitLastFetch.set(now() - 1000)
  },
  async 'a hypervisor does not answer'(metrics: Metrics) {
    for (const _ of [1, 2]) await recordEvent(metrics, hostFailed(now()))
    metrics.hypervisorLastProof.set({ hypervisor: he1 }, now() - 1000)
    metrics.hypervisorCircuitState.set({ hypervisor: he1 }, 2)
    metrics.hypervisorWatchUp.set({ hypervisor: he1, source: 'file' }, 0)
    metrics.hypervisorWatchLastEvent.set({ hypervisor: he1 }, now() - 600)
    metrics.workqueueRetriesTotal.inc(3)
    await tell(metrics, hostFailed(now()))
  },
  async 'a manifest is not as Git says, does not work, is stuck and suspended'(metrics: Metrics) {
    const conditions = (['Ready', 'Healthy', 'Stalled', 'Suspended'] as const).map((type) => ({
      type,
      status: type === 'Stalled' || type === 'Suspended',
      reason: 'CheckFailed',
      message: '',
      sinceSeconds: now(),
    }))
    await recordConditions(metrics, edge, he1, { conditions })
  },
  async 'the way to a host is slow and its clock wrong'(metrics: Metrics) {
    const clock = { offsetSeconds: 7, errorSeconds: 0.5, roundTripSeconds: 1 }
    await recordEvent(metrics, cycle('he1', { clock, durationMs: { observe: 20_000, plan: 3, apply: 40_000 } }))
    metrics.sshRoundTripsTotal.inc({ hypervisor: he1 }, 50)
    metrics.sshWaitSecondsTotal.inc({ hypervisor: he1 }, 40)
  },
  async 'there are more hosts than workers'(metrics: Metrics) {
    metrics.workqueueDepth.set(30)
    metrics.workqueueAddsTotal.inc(9)
    metrics.workqueueLongestRunning.set(400)
    for (const _ of [1, 2, 3]) {
      metrics.workqueueQueueDuration.observe(45)
      metrics.workqueueWorkDuration.observe(25)
    }
  },
  async 'the smarthost takes no mail'(metrics: Metrics) {
    metrics.mailTotal.inc({ result: 'retried' }, 4)
    metrics.mailSpoolMessages.set(4)
    metrics.mailLastSuccess.set(now() - 5000)
  },
  async 'a commit is not signed'(metrics: Metrics) {
    const refused = {
      head: second,
      inForce: first,
      reason: 'unsigned' as const,
      because: 'it is not signed',
      todo: 'sign it',
      commits: [],
      count: 1,
    }
    await recordEvent(metrics, { type: 'git', status: 'ok', message: '', atSeconds: now(), refused })
    metrics.gitVerifyFailuresTotal.inc({ reason: refused.reason })
  },
  async 'somebody guesses at the secret of the webhook'(metrics: Metrics) {
    metrics.webhookRequestsTotal.inc({ result: 'wrongSignature' }, 20)
  },
  async 'the forge takes no status'(metrics: Metrics) {
    metrics.commitStatusTotal.inc({ result: 'retried' }, 3)
  },
  async 'another replica joins, and leaves what it had to this one'(metrics: Metrics) {
    metrics.replicas.set(2)
    metrics.replicaHypervisors.set(5)
  },
  async 'etcd does not answer'(metrics: Metrics) {
    metrics.replicaCertain.set(0)
  },
  async 'a replica cannot reach a hypervisor that another one can'(metrics: Metrics) {
    metrics.replicaWaysCut.set(1)
  },
  async 'another hypervisor joins'(metrics: Metrics) {
    await recordEvent(metrics, cycle('he3'))
    const ready = { type: 'Ready', status: true, reason: 'Converged', message: '', sinceSeconds: now() } as const
    await recordConditions(metrics, edge, 'he3', { conditions: [ready] })
  },
  async 'all that manifests watch goes wrong'(metrics: Metrics, example: Example) {
    await recordAllVitals(metrics, example, () => false)
  },
} satisfies Record<string, (metrics: Metrics, example: Example) => Promise<void>>

let alerts = noAlerts

async function tell(metrics: Metrics, event: Parameters<typeof recordEvent>[1]): Promise<void> {
  alerts = updateAlerts(alerts, event, { graceSeconds: {}, settleSeconds: 600, ...atOnce }).state
  recordAlerts(metrics, alerts)
}
