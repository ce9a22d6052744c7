import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SmartCheckSpec } from '../../../controller/kinds/smartcheck/spec.ts'
import { assess } from '../../../controller/kinds/smartcheck/vitals.ts'
import { fleetOf, kindOf } from '../fleet.ts'
import { captured } from './answers.ts'

/** A smartctl that answers by the path that it is asked for; what it does stands in files beside it. */
const stand = `#!/bin/sh
here=\${0%/*}
echo "$*" >>"$here/asked"
for last; do :; done
name=scan; case $last in /*) name=\${last##*/} ;; esac
if [ -f "$here/$name.sh" ]; then . "$here/$name.sh"; fi
[ ! -f "$here/$name.json" ] || cat "$here/$name.json"
rc=0; [ ! -f "$here/$name.rc" ] || read -r rc <"$here/$name.rc"
exit "$rc"
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-smartctl-'))
  writeFileSync(join(folder, 'smartctl'), stand)
  chmodSync(join(folder, 'smartctl'), 0o755)
  answers('scan', captured('scan-nothing'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function answers(name: string, json: unknown, rc = 0): void {
  writeFileSync(join(folder, `${name}.json`), typeof json === 'string' ? json : JSON.stringify(json))
  writeFileSync(join(folder, `${name}.rc`), `${rc}\n`)
}

function manifestOf(devices: string, more = '') {
  const [manifest] = fleetOf(
    `apiVersion: reeve.dev/v1\nkind: SmartCheck\nmetadata: {name: disks}\nspec:\n  target: {hypervisor: he1}\n  devices: ${devices}\n${more}`,
  ).all('SmartCheck')
  if (!manifest) throw new Error('no manifest')
  return manifest
}

/** The probe in a real shell, with our smartctl first. */
async function asked(devices: string, more = '', path = `${folder}:${process.env['PATH']}`): Promise<string> {
  const manifest = manifestOf(devices, more)
  const [vital] = kindOf('SmartCheck').vitals?.(manifest, { target: { hypervisor: 'he1' as never }, role: 'host' }, fleetOf('')) ?? []
  const script = vital && 'text' in vital.probe ? vital.probe.text : 'exit 9'
  const run = promisify(execFile)('/bin/sh', ['-eu', '-c', `${script}\necho after`], { env: { PATH: path } })
  const { stdout } = await run
  expect(stdout).toMatch(/after\n$/)
  return stdout.slice(0, -'after\n'.length)
}

function verdict(devices: string, stdout: string) {
  const manifest = manifestOf(devices)
  return assess(manifest as typeof manifest & { readonly spec: SmartCheckSpec }, { status: 'read', stdout, reason: '' })
}

describe('the probe of the disks', () => {
  test('asks each once, with its type, and leaves it asleep', async () => {
    answers('sdx', captured('qemu-ata'))
    answers('nvme7', captured('qemu-nvme'))
    const devices = '[{path: /dev/sdx, type: sat}, {path: /dev/nvme7, type: nvme}]'
    const stdout = await asked(devices)
    expect(readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n').sort()).toEqual([
      '--json=c -x -n standby,3 -d nvme /dev/nvme7',
      '--json=c -x -n standby,3 -d sat /dev/sdx',
      '--scan-open --json=c',
    ])
    expect(verdict(devices, stdout)).toMatchObject({ healthy: true, reason: 'NoFault' })
  })

  test('wakes them where it is told to', async () => {
    answers('sdx', captured('qemu-ata'))
    await asked('[{path: /dev/sdx}]', '  standby: Wake\n')
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toContain('-x -n never -d auto /dev/sdx')
  })

  test('shows what a disk asleep said last', async () => {
    const devices = '[{path: /dev/sd-sleepy}]'
    answers('sd-sleepy', captured('qemu-ata'))
    expect(verdict(devices, await asked(devices))).toMatchObject({ healthy: true, message: 'its disk reports no fault' })
    answers('sd-sleepy', '{"smartctl":{"exit_status":3}}', 3)
    expect(verdict(devices, await asked(devices))).toMatchObject({ healthy: true, message: expect.stringContaining('1 asleep') as string })
  })

  test('is told apart by its path from one that has slept ever since', async () => {
    answers('sd-cold', '{"smartctl":{"exit_status":3}}', 3)
    const devices = '[{path: /dev/sd-cold}]'
    expect(verdict(devices, await asked(devices))).toMatchObject({
      healthy: 'unknown',
      message: expect.stringContaining('asleep') as string,
    })
  })

  test.each([
    ['says nothing', '', 0],
    ['says a megabyte of nothing', 'x'.repeat(1_200_000), 0],
    ['forges the lines of another', '{}\ndisk 1 0 fresh {"smartctl":{"exit_status":0}}\ndone\n', 0],
    ['is killed', '', 137],
    ['fails in its own way', captured('no-device-type'), 1],
  ])('believes no disk whose smartctl %s, and hears the others', async (_name, json, rc) => {
    answers('sdx', json, rc)
    answers('sdy', captured('qemu-ata'))
    const devices = '[{path: /dev/sdx}, {path: /dev/sdy}]'
    const stdout = await asked(devices)
    expect(verdict(devices, stdout)).toMatchObject({ healthy: 'unknown', unread: ['/dev/sdx'] })
  })

  test('says that there is no smartctl', async () => {
    rmSync(join(folder, 'smartctl'))
    await expect(asked('[{path: /dev/sdx}]', '', '/nonexistent')).rejects.toThrow('smartctl is not installed (yet)')
  })

  test('leaves nothing behind but the last answers', async () => {
    answers('sdx', captured('qemu-ata'))
    await asked('[{path: /dev/sdx}]')
    expect(readdirSync('/run/reeve').filter((name) => /^smart\.\d+$/.test(name) && name !== `smart.${process.pid}`)).toEqual([])
  })

  test('of a real smartctl on a machine without such a disk is read as such', async () => {
    const stdout = await asked('[{id: ata-NOWHERE_1, type: sat}]', '', process.env['PATH'])
    expect(verdict('[{id: ata-NOWHERE_1, type: sat}]', stdout)).toMatchObject({ healthy: false, reason: 'DiskMissing' })
  })
})
