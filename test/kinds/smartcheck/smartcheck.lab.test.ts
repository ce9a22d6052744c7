import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Reading } from '../../../controller/model/kind.ts'
import type { Manifest } from '../../../controller/model/manifest.ts'
import type { Spec } from '../../../controller/model/primitive.ts'
import type { Placement } from '../../../controller/model/target.ts'
import { filePrimitive } from '../../../controller/primitives/file/index.ts'
import { packagePrimitive } from '../../../controller/primitives/package/index.ts'
import { servicePrimitive } from '../../../controller/primitives/service/index.ts'
import { type Lab, startLab } from '../../lab/lab.ts'
import type { Machine } from '../../lab/machine.ts'
import type { Run } from '../../machine/shell.ts'
import { carryOut, type Item, stepsFor } from '../../machine/transaction.ts'
import { fleetOf, kindOf } from '../fleet.ts'

const disk = 'ata-QEMU_HARDDISK_LAB-SMART-1'
const primitives = [filePrimitive, packagePrimitive, servicePrimitive]
const place: Placement = { target: { hypervisor: 'he1' as never }, role: 'host' }
let lab: Lab
let machine: Machine

beforeAll(async () => {
  lab = await startLab()
  machine = lab.machine('he1')
})
afterAll(() => lab[Symbol.asyncDispose]())

function manifestOf(devices: string, pattern: string): Manifest {
  const [manifest] = fleetOf(`apiVersion: reeve.dev/v1
kind: SmartCheck
metadata: {name: disks}
spec:
  target: {hypervisor: he1}
  adopt: Replace
  devices: ${devices}
  schedule: {pattern: "${pattern}"}
`).manifests
  if (!manifest) throw new Error('no manifest')
  return manifest
}

/** Compiled without the kind's own check: what smartd says then is the question. */
function specs(devices = `[{id: ${disk}, type: sat}]`, pattern = '(S/../.././02|L/../../6/03)'): readonly Spec[] {
  return kindOf('SmartCheck').compile(manifestOf(devices, pattern), place, fleetOf(''))
}

async function health() {
  const manifest = manifestOf(`[{id: ${disk}, type: sat}]`, 'S/../.././02')
  const [vital] = kindOf('SmartCheck').vitals?.(manifest, place, fleetOf('')) ?? []
  const probe = vital && 'text' in vital.probe ? vital.probe.text : 'exit 9'
  const { stdout } = await machine.exec('sh -s', { stdin: probe, timeoutMs: 120_000 })
  const reading: Reading = { status: 'read', stdout, reason: '' }
  return vital?.assess(reading)
}

/** A smartctl of ours before the real one: its answer changed, its exit status kept. */
async function pretend(change: string): Promise<void> {
  const lines = ['#!/bin/sh', 'rc=0; out=$(/usr/sbin/smartctl "$@") || rc=$?', `printf '%s' "$out" | sed '${change}'`, 'exit $rc', '']
  await machine.exec('cat >/usr/local/sbin/smartctl; chmod +x /usr/local/sbin/smartctl', { stdin: lines.join('\n') })
}

function items(wanted: readonly Spec[]): readonly Item[] {
  return wanted.map((spec) => ({ spec, primitive: primitives.find(({ type }) => type === spec.type) ?? filePrimitive }))
}

let times = 0
const run: Run = async (text) => {
  const { code, stdout, stderr } = await machine.exec('sh -s', { stdin: text, timeoutMs: 300_000 })
  return { code: code ?? -1, stdout, stderr }
}

/** All of it in one transaction, as the engine joins it. */
async function apply(wanted: readonly Spec[]) {
  return carryOut(await stepsFor(items(wanted), run), `/var/lib/reeve/before${times++}`, run)
}

test('smartd is given its disks, judged by itself on the real disk, and left alone then', async () => {
  expect(await apply(specs())).toMatchObject({ status: 'done' })
  expect(await machine.must('systemctl is-active smartmontools')).toBe('active\n')
  await expect
    .poll(() => machine.must('journalctl -u smartmontools -o cat --no-pager | tail -n 30'), { timeout: 20_000 })
    .toMatch(new RegExp(`${disk} \\[SAT\\].*Adding to "monitor" list`))
  expect(await stepsFor(items(specs()), run)).toEqual([])
})

test.each<readonly [string, readonly Spec[], string]>([
  ['none of whose disks is there', specs('[{id: ata-GONE_1}]'), 'Unable to monitor any SMART enabled devices'],
  ['whose test would never run', specs(undefined, 'S/../.././25'), 'will do   0 tests of type'],
  ['whose expression is broken', specs(undefined, '(S/../.././02'), 'is INVALID extended regular expression'],
])('a smartd.conf %s never goes live', async (_name, wanted, said) => {
  const before = await machine.must('cat /etc/smartd.conf')
  const result = await apply(wanted)
  expect(result).toMatchObject({ status: 'failed', step: 'check smartmontools.service with what is staged' })
  expect('stderr' in result ? result.stderr : '').toContain(said)
  expect(await machine.must('cat /etc/smartd.conf')).toBe(before)
  expect(await machine.must('systemctl is-active smartmontools')).toBe('active\n')
})

test('a disk is asked in truth; one that fails or lies is told as such, with its serial number', async () => {
  expect(await health()).toMatchObject({ healthy: true, reason: 'NoFault', alarms: [], unread: [] })
  await pretend('s/"passed":true/"passed":false/')
  expect(await health()).toMatchObject({
    healthy: false,
    reason: 'DiskFailing',
    alarms: [{ condition: 'DiskFailing', subject: disk, facts: expect.arrayContaining([['Serial', 'LAB-SMART-1']]) as unknown }],
  })
  await pretend('s/"protocol":"ATA"/"protocol/')
  expect(await health()).toMatchObject({ healthy: 'unknown', unread: expect.arrayContaining([disk]) as unknown })
  await machine.must('rm /usr/local/sbin/smartctl')
})
