import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { vitals } from '../../../controller/kinds/container/lxc/vitals.ts'
import type { Assessment, Reading } from '../../../controller/model/kind.ts'
import { containerTarget } from '../../../controller/model/placement.ts'
import { containers, fleetOf, webWith } from './fleet.ts'

function vitalOf(spec: string) {
  const [manifest] = containers(fleetOf(webWith(spec)))
  const [vital] = manifest === undefined ? [] : vitals(manifest, { hypervisor: containerTarget(manifest).hypervisor })
  if (vital === undefined) throw new Error('no vital')
  return vital
}

function assess(stdout: string, spec = '', status: Reading['status'] = 'read'): Assessment {
  return vitalOf(spec).assess({ status, stdout, reason: 'no connection' })
}

const captured = (name: string) => readFileSync(join(import.meta.dirname, `captured/vital-${name}.txt`), 'utf8').replace(/^.*\n/, '')
const stopped = 'uptime 100.5\n'

describe('health', () => {
  test.each<[string, string, string, boolean | 'unknown', string]>([
    ['running, as it should', captured('running'), '', true, 'Running'],
    ['frozen', captured('frozen'), '', false, 'Frozen'],
    ['a config that no tool can load', captured('broken'), '', false, 'ConfigBroken'],
    ['stopped, and should run', stopped, '', false, 'NotRunning'],
    ['stopped, as it should', stopped, 'state: stopped', true, 'Stopped'],
    ['running, and should not', captured('running'), 'state: stopped', false, 'Running'],
    ['left alone', stopped, 'state: unmanaged', true, 'Unmanaged'],
    ['not made yet', 'uptime 100.5\nabsent\n', '', false, 'Absent'],
    ['frozen, as it should', captured('frozen'), 'state: frozen', true, 'Frozen'],
    ['running, and should be frozen', captured('running'), 'state: frozen', false, 'Running'],
    ['down after a start that failed', `${stopped}failed 1790000000\nfailedlog No such file\n`, '', false, 'StartFailed'],
    ['an empty cgroup left behind', `${stopped}cgroup.events:populated 0\n`, '', false, 'NotRunning'],
  ])('%s', (_name, stdout, spec, healthy, reason) => {
    expect(assess(stdout, spec)).toMatchObject({ healthy, reason })
  })

  test('why it does not start is said, and that it had to be killed', () => {
    const said = `${stopped}failed 1790000000\nfailedlog start - Failed to exec "/sbin/init"\n`
    expect(assess(said).message).toBe('web is stopped, and should run; its last start failed: start - Failed to exec "/sbin/init"')
    expect(assess(`${captured('running')}killed 1790000000\n`).message).toBe(
      'web is running; it was killed at 2026-09-21T14:13:20Z since it did not stop by itself',
    )
    expect(assess(`${captured('running')}killed 99999999999999999999\n`).message).toBe('web is running')
  })

  test('what was not read is unknown', () => {
    expect(assess('', '', 'unknown')).toEqual({ healthy: 'unknown', reason: 'NotRead', message: 'no connection', samples: [] })
  })
})

describe('numbers', () => {
  test('of a container that runs', () => {
    const samples = Object.fromEntries(assess(captured('running')).samples.map(({ metric, value }) => [metric, value]))
    expect(samples).toEqual({
      container_kills_total: 0,
      container_memory_bytes: 16134144,
      container_memory_limit_bytes: 268435456,
      container_oom_kills_total: 0,
      container_uptime_seconds: 3.57,
    })
  })

  test('of processor time, in both hierarchies', () => {
    const v2 = 'cpu.stat:usage_usec 2500000\n'
    expect(assess(v2).samples).toEqual(expect.arrayContaining([{ metric: 'container_cpu_seconds_total', value: 2.5 }]))
    expect(assess('cpuacct.usage 2500000000\nmemory.max 9223372036854771712\n').samples).toEqual([
      { metric: 'container_kills_total', value: 0 },
      { metric: 'container_cpu_seconds_total', value: 2.5 },
    ])
  })

  test('no limit is no number', () => {
    expect(assess('uptime 1\nmemory.max max\n').samples).toEqual([{ metric: 'container_kills_total', value: 0 }])
  })

  test('a config or a process name cannot pose as one', () => {
    const hostile = 'uptime 100\nbroken memory.current 7\ncgroup.events:populated 1\ninit 5 (a) b 1 2) S 0\n'
    expect(assess(hostile).samples).toEqual([{ metric: 'container_kills_total', value: 0 }])
  })
})

test('the probe starts no process and is clean POSIX sh', () => {
  const { probe } = vitalOf('')
  const text = 'text' in probe ? probe.text : ''
  expect(
    spawnSync('shellcheck', ['-s', 'sh', '-S', 'warning', '-e', 'SC2034', '-'], { input: `#!/bin/sh\n${text}\n`, encoding: 'utf8' }).stdout,
  ).toBe('')
  expect(text).not.toMatch(/\$\(|`|\b(cat|grep|sed|awk)\b/)
})
