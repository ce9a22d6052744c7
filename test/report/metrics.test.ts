import { describe, expect, it } from 'vitest'
import type { ConditionType } from '../../controller/model/condition.ts'
import { manifestId } from '../../controller/model/ids.ts'
import { sample } from '../../controller/model/kind.ts'
import { noAlerts } from '../../controller/report/alerts.ts'
import { createMetrics, forgetHypervisor, metricNames, setSamples } from '../../controller/report/metrics.ts'
import { recordAlerts, recordConditions, recordEvent, recordOpenDrift } from '../../controller/report/record.ts'
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

  it('a hypervisor that left the fleet leaves no series behind', async () => {
    const metrics = createMetrics()
    await recordEvent(metrics, report(60, { drift: [drift], corrected: [drift], result: 'success' }))
    metrics.sshRoundTripsTotal.inc({ hypervisor: 'he1' })
    metrics.sshRoundTripsTotal.inc({ hypervisor: 'he2' })
    await recordEvent(metrics, { type: 'removed', hypervisor: he1, atSeconds: 70 })
    expect(await lines(metrics, 'he1')).toEqual([])
    expect(await lines(metrics, 'he2')).toHaveLength(1)
    await forgetHypervisor(metrics, 'never-seen')
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
