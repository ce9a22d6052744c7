import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import { type SshPlace, sshPlace } from '../conformance/ssh-place.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { runOrThrow } from '../lab/process.ts'
import { temporaryDirectory } from '../machine/shell.ts'
import { specsOf } from './place.ts'
import { startTimeServer } from './time-server.ts'

/** What takes a minute and more where machines are emulated. The move to a bridge is in every run, since it could lock people out. */
const isLong = process.env['REEVE_TEST_LONG'] === '1'
let lab: Lab
let machine: Machine
let place: SshPlace
beforeAll(async () => {
  lab = await startLab()
  machine = lab.machine('he1')
  place = sshPlace(machine)
})
afterAll(async () => {
  await place?.host[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
})

async function cycle(system: string): Promise<Cycle> {
  return reconcile(desired(specsOf(system)), { ...depsOf(place), confirmTimeoutMs: 20_000, applyTimeoutMs: 300_000 })
}

async function said(system: string): Promise<string> {
  const { status, message } = await cycle(system)
  return `${status} ${message}`.trim()
}

/** The machine has no way to a package server that a test should wait for: the one package lies in a folder of its own. */
async function offer(name: string): Promise<void> {
  using folder = temporaryDirectory()
  await runOrThrow('sh', ['-c', 'cd "$1" && apt-get -q download "$2" && mv ./*.deb one.deb', 'sh', folder.path, name])
  const text = (await readFile(join(folder.path, 'one.deb'))).toString('base64')
  await machine.must(
    `mkdir -p /repo && cd /repo && base64 -d >one.deb && { dpkg-deb -f one.deb; printf 'Filename: ./one.deb\\nSize: %s\\nSHA256: %s\\n' "$(stat -c %s one.deb)" "$(sha256sum <one.deb | cut -c1-64)"; } >Packages
rm -f /etc/apt/sources.list.d/*; echo 'deb [trusted=yes] file:/repo ./' >/etc/apt/sources.list; rm -rf /var/lib/apt/lists/*`,
    { stdin: text },
  )
}

if (isLong) {
  test('a clock that is off is measured, and kept right by timeSync from then on', { timeout: 300_000 }, async () => {
    await using _server = await startTimeServer()
    await offer('systemd-timesyncd')
    await machine.must('date -s "-40 seconds" >/dev/null')
    const before = await cycle('{}')
    expect(before.clock?.offsetSeconds).toBeLessThan(-40 + (before.clock?.errorSeconds ?? 0) + 2)
    expect(before.clock?.offsetSeconds).toBeGreaterThan(-50)
    const system = '{timeSync: {servers: [10.0.2.2]}}'
    await expect.poll(() => said(system), { timeout: 200_000, interval: 2000 }).toBe('noop')
    await expect.poll(() => machine.must('timedatectl show -p NTPSynchronized --value'), { timeout: 60_000 }).toBe('yes\n')
    const after = await cycle(system)
    const { offsetSeconds = Number.NaN, errorSeconds = 0 } = after.clock ?? {}
    expect([after.status, after.roundTrips]).toEqual(['noop', 1])
    expect(Math.abs(offsetSeconds)).toBeLessThan(errorSeconds + 1)
    expect(await machine.must('timedatectl show-timesync -p ServerAddress --value')).toBe('10.0.2.2\n')
  })

  test('a disk that has its file system already is mounted by its UUID', { timeout: 200_000 }, async () => {
    const uuid = (await machine.must('mkfs.ext4 -q /dev/vdc && blkid -o value -s UUID /dev/vdc')).trim()
    const system = `{mounts: [{path: /srv/old-disk, device: UUID=${uuid}, options: [noatime]}]}`
    expect(await said(system)).toBe('converged')
    expect(await machine.must('findmnt -nro SOURCE,OPTIONS /srv/old-disk')).toMatch(/^\/dev\/vdc rw,noatime/)
    expect(await said(system)).toBe('noop')
    await machine.must('umount /srv/old-disk')
    expect(await said(system)).toBe('converged')
    expect(await said('{}')).toBe('converged')
    expect(await machine.must('findmnt /srv/old-disk || echo gone')).toBe('gone\n')
  })
}

test('the address that Reeve comes in by moves to a bridge with its interface, and is there after a boot', {
  timeout: 400_000,
}, async () => {
  const system = '{bridges: [{name: br0, addresses: [10.0.2.15/24], ports: [eth0]}]}'
  expect(await said(system)).toBe('converged')
  const moved = 'ip -4 -o address show scope global | tr -s " " | cut -d" " -f2,4 | sort; ip route show default; ls /sys/class/net/br0/brif'
  const wanted = 'br0 10.0.2.15/24\neth1 10.77.0.1/24\ndefault via 10.0.2.2 dev br0 onlink \neth0\n'
  expect(await machine.must(moved)).toBe(wanted)
  expect(await said(system)).toBe('noop')
  // A boot of an emulated machine takes longer than all else here.
  if (!isLong) return
  await place.host[Symbol.asyncDispose]()
  await machine.powerCycle()
  place = sshPlace(machine)
  expect(await machine.must(moved)).toBe(wanted)
  expect(await machine.must('systemctl is-active reeve-bridge-br0; grep -c eth0 /etc/network/interfaces')).toBe('active\n3\n')
  expect(await said(system)).toBe('noop')
})
