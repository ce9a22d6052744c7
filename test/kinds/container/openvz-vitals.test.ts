import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { container } from '../../../controller/kinds/container/index.ts'
import type { Assessment, Vital } from '../../../controller/model/kind.ts'
import { runShell } from '../../machine/shell.ts'
import { containers, fleetOf, webWith } from './fleet.ts'

const table = readFileSync(join(import.meta.dirname, '../../openvz/transcripts/user_beancounters.txt'), 'utf8')
const rowsOf101 = table
  .slice(table.indexOf('101:'))
  .split('\n')
  .map((line) => `counter ${line.replace('101:', '').trim()}`)
  .join('\n')

function vital(spec = ''): Vital {
  const fleet = fleetOf(webWith(`provider: openvz\nopenvz: {ctid: 101, ubc: {numothersock: 360, privvmpages: "131072:139264"}}\n${spec}`))
  const [manifest] = containers(fleet)
  const [at] = manifest ? container.place(manifest, fleet) : []
  const [one] = manifest && at ? (container.vitals?.(manifest, at, fleet) ?? []) : []
  if (one === undefined) throw new Error('no vital')
  return one
}

const assess = (stdout: string, spec = ''): Assessment => vital(spec).assess({ status: 'read', stdout, reason: '' })
const runs = `exists\nrunning\n${rowsOf101}`

test.each<[string, string, string, object]>([
  ['runs', runs, '', { healthy: true, reason: 'Running', message: 'web is running' }],
  ['is stopped', 'exists', '', { healthy: false, reason: 'NotRunning' }],
  ['is suspended to a file', 'exists\nsuspended', '', { healthy: false, reason: 'Frozen', message: 'web is frozen (vzctl restore 101)' }],
  ['is stopped as it should', 'exists', 'state: stopped', { healthy: true, reason: 'Stopped' }],
  ['is not there', '', '', { healthy: false, reason: 'Absent' }],
])('a container that %s', (_name, stdout, spec, says) => {
  expect(assess(stdout, spec)).toMatchObject(says)
})

test('the beancounters that the manifest sets are metrics, and so are others that refused something', () => {
  const { samples } = assess(runs.replace(/counter numfile .*/, 'counter numfile 438 581 9312 9312 7'))
  expect(samples.map(({ metric, value, labels }) => [metric, labels?.['counter'] ?? '', value])).toEqual([
    ['container_memory_bytes', '', 12565 * 4096],
    ['container_ubc_held', 'privvmpages', 41480],
    ['container_ubc_failures_total', 'privvmpages', 36],
    ['container_ubc_held', 'numothersock', 5],
    ['container_ubc_failures_total', 'numothersock', 0],
    ['container_ubc_failures_total', 'numfile', 7],
  ])
})

test('a counter that refused something is an alarm; one more comes with each further power of ten, none with each refusal', () => {
  const items = (failures: string) =>
    assess(runs.replace(/(privvmpages.*)36$/m, `$1${failures}`)).alarms?.map((alarm) => [alarm.condition, ...alarm.items])
  expect(items('0')).toEqual([])
  expect(items('1')).toEqual([['LimitReached', 'privvmpages 1']])
  expect(items('36')).toEqual([['LimitReached', 'privvmpages 1', 'privvmpages 10']])
  expect(items('99')).toEqual(items('36'))
  expect(items('100')).toEqual([['LimitReached', 'privvmpages 1', 'privvmpages 10', 'privvmpages 100']])
})

test('of a container that runs, and whose counters cannot be read, no alarm is over', () => {
  expect(assess('exists\nrunning')).toMatchObject({ alarms: [], unread: ['beancounters'] })
  expect(assess('exists')).not.toHaveProperty('unread')
  expect(vital().assess({ status: 'unknown', stdout: '', reason: 'no answer' })).toEqual({
    healthy: 'unknown',
    reason: 'NotRead',
    message: 'no answer',
    samples: [],
  })
})

test('the probe finds a container’s rows in the kernel’s table, and leaves out those of others', async () => {
  const { probe } = vital()
  if (!('text' in probe)) throw new Error('no script')
  const file = join(import.meta.dirname, '../../openvz/transcripts/user_beancounters.txt')
  const { stdout } = await runShell(`probe() {\n${probe.text.replaceAll('/proc/user_beancounters', file)}\n}\nset -eu\nprobe </dev/null`)
  expect(assess(`exists\nrunning\n${stdout}`).samples).toEqual(assess(runs).samples)
})
