import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { hostKey, specsOf } from './place.ts'

// kinds/README rules 7 to 9, field by field of `system`: what is there and is not ours, taken over, and what leaving Git leaves. Packages and services: native.samples.ts.
interface Case {
  readonly field: string
  readonly system: string
  /** Makes what somebody else has there. */
  readonly theirs: string
  readonly look: string
  /** By adopt: IfEqual. `held`: shown, and nothing is touched · `taken`: it belongs to the system, and what it was before is recorded · `beside`: a part of ours beside theirs. */
  readonly ifEqual: 'held' | 'taken' | 'beside'
  /** What is there is in use: a person consents to what was shown. */
  readonly needsApproval?: true
}

const table: readonly Case[] = [
  {
    field: 'bridges',
    system: '{bridges: [{name: br0, addresses: [192.0.2.1/24]}]}',
    theirs: 'ip link add br0 type bridge; ip address add 198.51.100.1/24 dev br0; ip link set br0 up',
    look: 'ip -o -4 address show dev br0 | tr -s " " | cut -d" " -f2,4; ls /etc/systemd/system | grep reeve || :',
    ifEqual: 'held',
    needsApproval: true,
  },
  {
    field: 'files',
    system: '{files: [{path: /etc/motd, content: "ours\\n"}]}',
    theirs: 'printf "theirs\\n" >/etc/motd; chmod 0600 /etc/motd',
    look: 'cat /etc/motd; stat -c %a /etc/motd',
    ifEqual: 'held',
  },
  {
    field: 'cron',
    system: '{cron: [{name: a, schedule: "@daily", command: [a]}]}',
    theirs: 'echo "# theirs" >/etc/cron.d/reeve-a',
    look: 'cat /etc/cron.d/reeve-a',
    ifEqual: 'held',
  },
  {
    field: 'users[].sudo',
    system: '{users: [{name: daemon, sudo: NoPassword}]}',
    theirs: 'echo "# theirs" >/etc/sudoers.d/reeve-daemon; chmod 0440 /etc/sudoers.d/reeve-daemon',
    look: 'cat /etc/sudoers.d/reeve-daemon',
    ifEqual: 'held',
  },
  {
    field: 'mounts',
    system: '{mounts: [{path: /srv/a, tmpfs: 1Mi}]}',
    theirs: 'printf "[Mount]\\nWhat=tmpfs\\nWhere=/srv/a\\n" >/etc/systemd/system/srv-a.mount',
    look: 'cat /etc/systemd/system/srv-a.mount',
    ifEqual: 'held',
  },
  {
    field: 'hostname',
    system: '{hostname: he1.example.com}',
    theirs: 'echo theirs >/etc/hostname; hostname theirs',
    look: 'cat /etc/hostname; hostname; grep -c reeve /etc/hosts || :',
    ifEqual: 'taken',
  },
  {
    field: 'resolver',
    system: '{resolver: {nameservers: [192.0.2.53]}}',
    theirs: 'umount /etc/resolv.conf 2>/dev/null || :; rm -f /etc/resolv.conf; echo "nameserver 198.51.100.53" >/etc/resolv.conf',
    look: 'cat /etc/resolv.conf',
    ifEqual: 'taken',
  },
  {
    field: 'timeZone',
    system: '{timeZone: Europe/Berlin}',
    theirs: 'ln -sfn /usr/share/zoneinfo/Asia/Tokyo /etc/localtime; echo Asia/Tokyo >/etc/timezone',
    look: 'readlink /etc/localtime; cat /etc/timezone',
    ifEqual: 'taken',
  },
  {
    field: 'sysctl',
    system: '{sysctl: {net.ipv4.ip_forward: "1"}}',
    theirs: 'echo 0 >/proc/sys/net/ipv4/ip_forward',
    look: 'cat /proc/sys/net/ipv4/ip_forward; ls /etc/sysctl.d | grep reeve || :',
    ifEqual: 'taken',
  },
  {
    field: 'users',
    system: `{users: [{name: bob, shell: /bin/sh, groups: [], authorizedKeys: ["${hostKey}"]}]}`,
    theirs:
      'useradd -m -s /bin/false -G adm bob; install -d -o bob -m 700 /home/bob/.ssh; echo theirs >/home/bob/.ssh/authorized_keys; chown bob: /home/bob/.ssh/authorized_keys',
    look: 'getent passwd bob; id -Gn bob; cat /home/bob/.ssh/authorized_keys',
    ifEqual: 'taken',
  },
  {
    field: 'groups',
    system: '{groups: [{name: builders}]}',
    theirs: 'groupadd -g 23401 builders',
    look: 'getent group builders',
    ifEqual: 'taken',
  },
  {
    field: 'hosts',
    system: '{hosts: [{address: 192.0.2.9, names: [nine]}]}',
    theirs: 'printf "127.0.0.1 localhost\\n198.51.100.9 nine" >/etc/hosts',
    look: 'cat /etc/hosts',
    ifEqual: 'beside',
  },
]

let host: ShellHost
beforeEach(async () => {
  host = await startShellHost({ ownNetwork: true, ownNames: true, overlays: ['/etc', '/home'] })
  await host.run('mount -o remount,rw /sys 2>/dev/null; rm -rf /etc/systemd/system/reeve-*')
})
afterEach(() => host?.close())

/** One memory for all of it, as a controller has. Packages, and daemons of systemd that do not run here, are left out. */
async function cycle(deps: ReconcileDeps, system: string, adopt: string): Promise<Cycle> {
  const specs = specsOf(system, `  adopt: ${adopt}\n`).filter(({ type }) => type !== 'package' && type !== 'service')
  const own = new Set(specs.map(({ id }) => id))
  return reconcile(desired(specs.map((spec) => ({ ...spec, needs: (spec.needs ?? []).filter(({ id }) => own.has(id)) }))), deps)
}

test.each(table)('$field: what is there and is not ours', { timeout: 60_000 }, async ({ system, theirs, look, ifEqual, needsApproval }) => {
  const run = async (script: string) => (await host.run(script)).stdout
  const approvals = new Set<string>()
  const plain = depsOf({ host, run })
  const deps = { ...plain, policy: { ...plain.policy, approvals } }
  await run(theirs)
  const before = await run(look)
  const never = await cycle(deps, system, 'Never')
  if (ifEqual === 'held') {
    for (const held of [never, await cycle(deps, system, 'IfEqual')]) {
      expect(held.plan.withheld.map(({ brake }) => brake)).toContain('Adopt')
      expect(
        held.plan.withheld
          .flatMap(({ changes }) => changes.flatMap(({ fields }) => fields))
          .every(({ before: was, after }) => was !== after),
      ).toBe(true)
      expect(await run(look)).toBe(before)
    }
  }
  if (needsApproval) {
    const shown = await cycle(deps, system, 'Replace')
    expect(await run(look)).toBe(before)
    for (const { approval } of shown.plan.withheld) approvals.add(approval ?? '')
  }
  const taken = await cycle(deps, system, ifEqual === 'held' ? 'Replace' : 'IfEqual')
  expect([taken.plan.withheld, taken.plan.refused]).toEqual([[], []])
  expect((await cycle(deps, system, ifEqual === 'held' ? 'Replace' : 'IfEqual')).status).toBe('noop')
  if (ifEqual === 'beside') expect(await run(look)).toContain(before)
  await cycle(deps, '{}', 'IfEqual')
  expect(await run(look)).toBe(before)
})
