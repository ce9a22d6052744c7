import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { type Lab, startLab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { approvalsOf, bootstrapOf, type Desk, fingerprintOf, fleetFiles, heldBack, openDesk } from './life.ts'

// A machine that dies and is made again under its name, by the command line alone.
let lab: Lab
let machine: Machine
let desk: Desk
/** What `reeve bootstrap` printed last. */
let printed: string
const bootstrap = (hostKey: string) => desk.reeve(...bootstrapOf(machine, hostKey))
const commit = (common: object) => desk.commit(fleetFiles(printed, common, ['data', 'main']))

beforeAll(async () => {
  lab = await startLab()
  machine = lab.machine('he1')
  desk = await openDesk(machine.identityFile)
})
afterAll(async () => {
  await desk?.[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
})

const newIdentity = `set -eu
rm -f /etc/ssh/ssh_host_*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
rm -f /etc/machine-id /var/lib/dbus/machine-id; systemd-machine-id-setup >/dev/null 2>&1
systemctl restart ssh; cat /etc/ssh/ssh_host_ed25519_key.pub`

test('a rebuilt machine is refused by its host key, then by its machine-id; after a takeover, lost data needs consent, and it converges from bare', async () => {
  printed = (await bootstrap(machine.hostKey)).stdout
  await commit({})
  expect((await desk.reeve('apply')).code).toBe(0)
  const saved = await machine.must('base64 -w 0 /var/lib/reeve/ledger')
  await machine.reset()
  const { hostKey, exec } = await rebuilt()
  const stranger = await desk.reeve('plan')
  expect(stranger).toMatchObject({ code: 2, stdout: expect.stringContaining(`offers host key ssh-ed25519 ${fingerprintOf(hostKey)}`) })
  const shown = await bootstrap(hostKey)
  expect(shown).toMatchObject({ code: 0 })
  printed = shown.stdout
  await commit({})
  // Its ledger came back with a backup of the old system disk; the data disk did not.
  exec(`mkdir -p -m 0700 /var/lib/reeve; echo ${saved} | base64 -d >/var/lib/reeve/ledger`)
  expect(await desk.reeve('plan')).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('is another machine than the one that its ledger was written on'),
  })
  expect(await desk.reeve('takeover', 'he1')).toMatchObject({ code: 1, stdout: expect.stringContaining('nothing was changed') })
  expect(await desk.reeve('takeover', 'he1', '--yes')).toMatchObject({ code: 0 })
  const lost = await desk.reeve('apply', '-o', 'json')
  expect(lost.code).toBe(1)
  expect(heldBack(lost.stdout)).toContain('DataLoss logicalVolume:vg_data/data size data')
  const hashes = approvalsOf(lost.stdout, 'DataLoss')
  await desk.commit({ 'reeve.approvals.yaml': stringify(hashes.map((hash) => ({ hash, reason: 'the disk is dead', author: 'ops' }))) })
  const after = await desk.reeve('apply', '-o', 'json')
  expect(heldBack(after.stdout)).toEqual([])
  exec('mountpoint -q /srv/data && test ! -e /srv/data/file && grep -q Kept /etc/fleet-note')
})

test('a rebuilt machine without a ledger converges from bare once its new host key is in Git, and nothing more is asked', async () => {
  await machine.reset()
  const { hostKey, exec } = await rebuilt()
  printed = (await bootstrap(hostKey)).stdout
  await commit({})
  const applied = await desk.reeve('apply', '-o', 'json')
  expect(heldBack(applied.stdout)).toEqual([])
  exec('mountpoint -q /srv/data && grep -q Kept /etc/fleet-note')
})

/** Another machine at the same address: its host key and machine-id are new. The lab's own ssh pins the old ones, so it is spoken to by another. */
async function rebuilt() {
  const hostKey = (await machine.must(newIdentity)).trim().split(' ').slice(0, 2).join(' ')
  const words = [
    '-i',
    machine.identityFile,
    '-p',
    String(machine.port),
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
    '-o',
    'LogLevel=ERROR',
  ]
  const exec = (script: string): string =>
    execFileSync('ssh', [...words, `root@${machine.address}`, 'sh -eu'], { input: script, encoding: 'utf8' })
  return { hostKey, exec }
}
