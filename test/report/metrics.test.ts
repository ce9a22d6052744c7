import { describe, expect, it } from 'vitest'
import { alertConditions } from '../../controller/model/alarm.ts'
import type { ConditionType } from '../../controller/model/condition.ts'
import { controllerMetrics } from '../../controller/model/controllerMetrics.ts'
import { hypervisorName, manifestId } from '../../controller/model/ids.ts'
import { sample } from '../../controller/model/kind.ts'
import { exportedName } from '../../controller/model/metric.ts'
import { brakes } from '../../controller/model/plan.ts'
import { watchSources } from '../../controller/model/watched.ts'
import { noAlerts, severities } from '../../controller/report/alerts.ts'
import { createMetrics, metricNames } from '../../controller/report/metrics.ts'
import { recordAlerts, recordApplied, recordConditions, recordEvent, recordOpenDrift } from '../../controller/report/record.ts'
import { forgetHypervisor, setSamples } from '../../controller/report/series.ts'
import { committed, driftOfFile, edge, he1, hostFailed, report } from './reports.ts'

/** Lines of the exposition that hold this word, without comments. */
async function lines(metrics: ReturnType<typeof createMetrics>, word: string): Promise<readonly string[]> {
  const text = await metrics.text()
  return text.split('\n').filter((line) => !line.startsWith('#') && line.includes(word))
}

/** What is told of drift by manifest. */
async function driftOfManifests(metrics: ReturnType<typeof createMetrics>): Promise<readonly string[]> {
  return (await lines(metrics, 'reeve_drift_')).filter((line) => line.includes('kind='))
}

const drift = driftOfFile('/etc/a')

/** One thing at least of each sort that is told of a hypervisor, of things there that no manifest has any more too. */
async function tellAll(metrics: ReturnType<typeof createMetrics>, hypervisor: string): Promise<void> {
  const withheld = brakes.map((brake) => ({ brake, changes: [drift], because: 'x' }))
  const clock = { offsetSeconds: -3.5, errorSeconds: 0.1, roundTripSeconds: 0.16 }
  const cycle = { hypervisor: hypervisorName(hypervisor), withheld, clock, drift: [drift], corrected: [drift] }
  await recordEvent(metrics, report(60, cycle))
  const web = manifestId('Container', 'web')
  await recordOpenDrift(metrics, hypervisor, [web], [{ change: drift, sinceSeconds: 1 }], 60)
  const stalled = { type: 'Stalled', status: true, reason: 'X', message: '', sinceSeconds: 1 } as const
  for (const id of [web, manifestId('Proxy', 'gone')]) await recordConditions(metrics, id, hypervisor, { conditions: [stalled] })
  for (const disk of ['sda', 'sdb'])
    setSamples(metrics, { hypervisor, kind: 'SmartCheck', name: disk }, [sample('smart_disk_asleep', 1, { disk })])
  for (const commit of ['aaaa', 'bbbb']) await recordApplied(metrics, hypervisor, commit, 3)
  for (const condition of alertConditions) metrics.alertsFiring.inc({ hypervisor, condition, severity: severities[condition] })
  for (const source of watchSources) metrics.hypervisorWatchUp.set({ hypervisor, source }, 1)
  metrics.sshRoundTripsTotal.inc({ hypervisor })
  metrics.sshWaitSecondsTotal.inc({ hypervisor }, 1)
  for (const each of [metrics.hypervisorCircuitState, metrics.hypervisorSuspended, metrics.hypervisorWatchLastEvent])
    each.set({ hypervisor }, 1)
}

describe('the metrics', () => {
  it('a cycle is counted by result, phase, drift and correction', async () => {
    const metrics = createMetrics()
    await recordEvent(metrics, report(60, { result: 'success', drift: [drift], corrected: [drift] }))
    expect((await lines(metrics, 'reconcile_total{')).filter((line) => !line.endsWith(' 0'))).toEqual([
      'reeve_reconcile_total{hypervisor="he1",result="success"} 1',
    ])
    expect(await lines(metrics, 'duration_seconds_sum{phase="observe"')).toHaveLength(1)
    expect(await lines(metrics, 'drift_detected_total{')).toEqual([
      'reeve_drift_detected_total{hypervisor="he1",kind="Proxy",name="edge"} 1',
    ])
    expect(await lines(metrics, 'drift_corrected_total{')).toEqual([
      'reeve_drift_corrected_total{hypervisor="he1",kind="Proxy",name="edge"} 1',
    ])
    expect(await lines(metrics, 'hypervisor_up{')).toEqual(['reeve_hypervisor_up{hypervisor="he1"} 1'])
  })

  it('a host that does not answer is down and counted as an error', async () => {
    const metrics = createMetrics()
    await recordEvent(metrics, hostFailed(1))
    expect(await lines(metrics, 'hypervisor_up{')).toEqual(['reeve_hypervisor_up{hypervisor="he1"} 0'])
    expect(await lines(metrics, 'reconcile_total{hypervisor="he1",result="error"} 1')).toHaveLength(1)
  })

  it('the clock of a host is told as it was measured last, and not at all while the host does not answer', async () => {
    const metrics = createMetrics()
    const clock = { offsetSeconds: -3.5, errorSeconds: 0.1, roundTripSeconds: 0.16 }
    await recordEvent(metrics, report(60, { clock }))
    await recordEvent(metrics, report(61))
    expect([...(await lines(metrics, '_clock_')), ...(await lines(metrics, '_round_trip_'))]).toEqual([
      'reeve_hypervisor_clock_offset_seconds{hypervisor="he1"} -3.5',
      'reeve_hypervisor_clock_error_seconds{hypervisor="he1"} 0.1',
      'reeve_hypervisor_round_trip_seconds{hypervisor="he1"} 0.16',
    ])
    await recordEvent(metrics, hostFailed(62))
    expect(
      [...(await lines(metrics, '_clock_')), ...(await lines(metrics, '_round_trip_'))].filter((line) => line.includes('he1')),
    ).toEqual([])
  })

  it('open drift shows fields and age; a manifest that does not drift says 0, one that is gone nothing', async () => {
    const metrics = createMetrics()
    await recordOpenDrift(metrics, 'he1', [], [{ change: drift, sinceSeconds: 100 }], 160)
    expect((await driftOfManifests(metrics)).filter((line) => !line.endsWith(' 0'))).toEqual([
      'reeve_drift_fields{hypervisor="he1",kind="Proxy",name="edge"} 2',
      'reeve_drift_open_seconds{hypervisor="he1",kind="Proxy",name="edge"} 60',
    ])
    await recordOpenDrift(metrics, 'he1', [], [], 200)
    expect(await driftOfManifests(metrics)).toEqual([])
    await recordOpenDrift(metrics, 'he1', [edge], [], 260)
    expect(await driftOfManifests(metrics)).toEqual([
      'reeve_drift_fields{hypervisor="he1",kind="Proxy",name="edge"} 0',
      'reeve_drift_detected_total{hypervisor="he1",kind="Proxy",name="edge"} 0',
      'reeve_drift_corrected_total{hypervisor="he1",kind="Proxy",name="edge"} 0',
    ])
    expect(await lines(metrics, 'prune_blocked')).toEqual(['reeve_prune_blocked_total{hypervisor="he1",reason="MassDelete"} 0'])
  })

  it('a condition is 1, 0 or -1; what is exceptional is told while it is true', async () => {
    const metrics = createMetrics()
    const condition = (type: ConditionType, status: boolean | 'unknown') => ({
      type,
      status,
      reason: 'X',
      message: '',
      sinceSeconds: 1,
    })
    const conditions = [condition('Ready', false), condition('Drifted', true), condition('Stalled', true), condition('Healthy', 'unknown')]
    const over = [condition('Ready', true), condition('Drifted', false), condition('Stalled', false), condition('Healthy', 'unknown')]
    const told = async () => (await lines(metrics, 'resource_condition{')).map((line) => line.replace(/.*type=/, ''))
    await recordConditions(metrics, edge, 'he1', { conditions })
    expect((await told()).sort()).toEqual(['"Healthy"} -1', '"Ready"} 0', '"Stalled"} 1'])
    await recordConditions(metrics, edge, 'he1', { conditions: over })
    expect(await told()).toEqual(['"Ready"} 1', '"Healthy"} -1'])
  })

  it('vitals are gauges of their manifest; a sub-object that is gone leaves no series', async () => {
    const metrics = createMetrics()
    const owner = { hypervisor: 'he1', kind: 'SmartCheck', name: 'disks' }
    const asleep = (disk: string, value: number) => sample('smart_disk_asleep', value, { disk })
    setSamples(metrics, owner, [asleep('sda', 0), asleep('sdb', 1)])
    setSamples(metrics, owner, [asleep('sda', 1)])
    expect(await lines(metrics, 'smart_disk')).toEqual([
      'reeve_smart_disk_asleep{disk="sda",hypervisor="he1",kind="SmartCheck",name="disks"} 1',
    ])
  })

  it('a count that a vital reads is what it read, whatever it was before', async () => {
    const metrics = createMetrics()
    const owner = { hypervisor: 'he1', kind: 'Container', name: 'web' }
    for (const count of [7, 9, 2]) setSamples(metrics, owner, [sample('container_oom_kills_total', count)])
    expect(await lines(metrics, 'oom_kills')).toEqual(['reeve_container_oom_kills_total{hypervisor="he1",kind="Container",name="web"} 2'])
  })

  it('a manifest that is gone leaves no series behind, and its neighbours all of theirs', async () => {
    const metrics = createMetrics()
    const [web, other] = [manifestId('Container', 'web'), manifestId('Container', 'other')]
    const ready = { type: 'Ready', status: true, reason: 'X', message: '', sinceSeconds: 1 } as const
    await recordOpenDrift(metrics, 'he1', [web, other], [], 60)
    for (const [name, id] of Object.entries({ web, other })) {
      await recordConditions(metrics, id, 'he1', { conditions: [ready] })
      setSamples(metrics, { hypervisor: 'he1', kind: 'Container', name }, [sample('container_units_failed', 1)])
    }
    await recordOpenDrift(metrics, 'he1', [other], [], 120)
    expect(await lines(metrics, 'name="web"')).toEqual([])
    expect(await lines(metrics, 'name="other"')).toHaveLength(5)
  })

  it('a hypervisor that left the fleet leaves no series behind, and those of the others are as they were', async () => {
    const metrics = createMetrics()
    await tellAll(metrics, 'he2')
    const before = await lines(metrics, '"he2"')
    await tellAll(metrics, 'he1')
    const ofHosts = Object.entries(controllerMetrics).filter(([, { labels }]) => (labels as readonly string[]).includes('hypervisor'))
    for (const [name] of ofHosts) expect(await lines(metrics, `${exportedName(name)}{`)).toContainEqual(expect.stringContaining('"he1"'))
    await recordEvent(metrics, { type: 'removed', hypervisor: he1, atSeconds: 70 })
    expect(await lines(metrics, 'he1')).toEqual([])
    expect(await lines(metrics, '"he2"')).toEqual(before)
    forgetHypervisor(metrics, 'never-seen')
  })

  it('one commit is verified on a hypervisor, the newest', async () => {
    const metrics = createMetrics()
    await recordApplied(metrics, 'he1', 'aaaa', 3)
    await recordApplied(metrics, 'he1', 'bbbb', undefined)
    expect(await lines(metrics, 'hypervisor_revision_info')).toEqual(['reeve_hypervisor_revision_info{hypervisor="he1",commit="bbbb"} 1'])
  })

  it('only one commit is in force', async () => {
    const metrics = createMetrics()
    await recordEvent(metrics, committed(1, 'aaaa'))
    await recordEvent(metrics, committed(2, 'bbbb'))
    expect(await lines(metrics, 'git_revision_info')).toEqual(['reeve_git_revision_info{commit="bbbb"} 1'])
  })

  it('names are ours, unique, in base units; two registries do not meet', async () => {
    const names = metricNames(createMetrics())
    recordAlerts(createMetrics(), noAlerts)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(25)
    for (const name of names) expect(name).toMatch(/^(reeve|smartctl)_[a-z_]+$/)
    for (const name of names) expect(name).not.toMatch(/_ms|milli|minutes|_kb/)
  })
})
