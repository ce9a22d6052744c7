import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Lab, startLab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { approvalsOf, bootstrapOf, type Desk, fleetFiles, heldBack, openDesk } from './life.ts'

// One machine from its first login to its last: the tests follow each other on it.
let lab: Lab
let machine: Machine
let desk: Desk
/** What `reeve bootstrap` printed. */
let printed: string

const bootstrap = () => desk.reeve(...bootstrapOf(machine, machine.hostKey))
const commit = (common: object) => desk.commit(fleetFiles(printed, common, ['data', 'main', 'old']))

beforeAll(async () => {
  lab = await startLab()
  machine = lab.machine('he1')
  desk = await openDesk(machine.identityFile)
})
afterAll(async () => {
  await desk?.[Symbol.asyncDispose]()
  await lab?.[Symbol.asyncDispose]()
})

/** Things as a person left them: some as wanted, some not. */
const byHand = `set -eu
echo 'by hand' >/etc/fleet-note
lvcreate -qq -y -L 64M -n data vg_data; mkfs.ext4 -q /dev/vg_data/data
mkdir -p /srv/data; echo '/dev/vg_data/data /srv/data ext4 noatime 0 2' >>/etc/fstab; mount /srv/data; echo kept >/srv/data/file
nft 'table inet reeve { chain input { type filter hook input priority 0; policy accept; tcp dport 23 drop; }; }'
lvcreate -qq -y -L 32M -n old vg_data; mkfs.ext4 -q /dev/vg_data/old
mkdir -p /var/lib/lxc/old
printf 'lxc.include = /usr/share/lxc/config/common.conf\\nlxc.uts.name = old\\nlxc.rootfs.path = /dev/vg_data/old\\nlxc.cgroup2.pids.max = 100\\n' >/var/lib/lxc/old/config`
const foreign =
  'cat /etc/fleet-note /var/lib/lxc/old/config; grep /srv/data /etc/fstab; nft -s list table inet reeve; lvs --noheadings -o lv_name,lv_tags vg_data'

test('a first login makes the user, proves him, and prints the manifest that the machine is kept by', async () => {
  const { code, stdout, stderr } = await bootstrap()
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('proven: Reeve comes in as reeve and is root') })
  printed = stdout
  expect(await machine.must('id -un reeve; sudo -l -U reeve | grep -c NOPASSWD')).toBe('reeve\n1\n')
  expect(await bootstrap()).toMatchObject({ code: 0, stdout, stderr: expect.stringContaining('nothing to do') })
})

test('what exists and differs is shown and held back, kind by kind, and nothing of it is touched', async () => {
  await machine.must(byHand)
  const before = await machine.must(foreign)
  await commit({ adopt: 'Never' })
  const never = await desk.reeve('plan', '-o', 'json')
  const held = ['Adopt file:/etc/fleet-note', 'Adopt lxcContainer:old', 'Adopt mount:/srv/data', 'Adopt nftTable:inet reeve']
  expect(
    heldBack(never.stdout)
      .filter((one) => one.startsWith('Adopt'))
      .map((one) => one.replace(/( [^ ]*reeve)? (content|fstab|mark|lxc\..*|options|started).*/, '$1'))
      .sort(),
  ).toEqual(held)
  expect(approvalsOf(never.stdout, 'Adopt')).toEqual([])
  await commit({})
  const equal = await desk.reeve('apply', '-o', 'json')
  expect(equal.code).toBe(1)
  expect(approvalsOf(equal.stdout, 'Adopt')).toHaveLength(4)
  expect((await machine.must(foreign)).replaceAll(/ reeve\.id=\S+/g, '').replaceAll(/ +\n/g, '\n')).toBe(before.replaceAll(/ +\n/g, '\n'))
  // Equal: taken over without a word.
  expect(
    await machine.must('sed -n \'s/.*"id":"\\(logicalVolume:[^"]*\\)".*"state":"done".*/\\1/p\' /var/lib/reeve/ledger | sort -u'),
  ).toContain('logicalVolume:vg_data/data\n')
})

test('with Replace it is taken, and the data stays', async () => {
  await commit({ adopt: 'Replace' })
  const applied = await desk.reeve('apply', '-o', 'json')
  expect({ code: applied.code, held: heldBack(applied.stdout) }).toEqual({ code: 0, held: [] })
  expect(await machine.must('cat /etc/fleet-note /srv/data/file; grep -c "x-reeve.id=life/Volume/data" /etc/fstab')).toBe(
    'Kept by Reeve\nkept\n1\n',
  )
})

test('a host is not released while a manifest is in force on it', async () => {
  const refused = await desk.reeve('release', 'he1', '--yes', '-o', 'json')
  expect(refused.code).toBe(1)
  const { status, message } = JSON.parse(refused.stdout) as { readonly status: string; readonly message: string }
  expect(status).toBe('refused')
  for (const words of [
    '1. suspend what is on it',
    'Container/old (old.yaml:',
    'Firewall/main',
    'Hypervisor/he1',
    'Volume/data',
    '4. remove the manifests',
  ])
    expect(message).toContain(words)
})

const suspended = { adopt: 'Replace', suspend: { reason: 'it is being released' } }

test('released, everything stays as it runs, and no mark and no folder of Reeve is left', async () => {
  await commit(suspended)
  const shown = await desk.reeve('release', 'he1')
  expect(shown).toMatchObject({ code: 1, stdout: expect.stringContaining('nothing was changed; to do it: reeve release he1 --yes') })
  expect(await machine.must('ls /var/lib/reeve/ledger')).toBe('/var/lib/reeve/ledger\n')
  const done = await desk.reeve('release', 'he1', '--yes')
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('he1: released') })
  const marks =
    'ls -d /var/lib/reeve /run/reeve /etc/reeve; grep -rIls -e "Managed by Reeve" -e x-reeve -e "reeve begin" /etc /var/lib/lxc; lvs --noheadings -o lv_tags vg_data | grep reeve'
  expect(await machine.exec(marks)).toMatchObject({ stdout: '' })
  const stays =
    'cat /etc/fleet-note /srv/data/file; mountpoint -q /srv/data && grep -c "^/dev/vg_data/data /srv/data" /etc/fstab; sysctl -n net.ipv4.ip_forward; grep cgroup2.pids.max /var/lib/lxc/old/config; nft list table inet reeve | grep -c "comment \\"ssh\\""'
  expect(await machine.must(stays)).toBe('Kept by Reeve\nkept\n1\n1\nlxc.cgroup2.pids.max = 200\n1\n')
  expect(
    await machine.must('nft flush ruleset; systemctl restart reeve-firewall && nft list table inet reeve | grep -c "policy drop"'),
  ).toBe('1\n')
})
