import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileFleet } from '../../controller/engine/compile.ts'
import { reconcile } from '../../controller/engine/reconcile.ts'
import { kinds } from '../../controller/kinds/registry.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { depsOf } from '../conformance/engine.ts'
import { type SshPlace, sshPlace } from '../conformance/ssh-place.ts'
import { fleetOf } from '../kinds/fleet.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { run } from '../lab/process.ts'
import { sshArgs } from '../lab/ssh-client.ts'
import { hypervisor } from './place.ts'

const example = readFileSync(join(import.meta.dirname, '../kinds/container/samples/plpa.yaml'), 'utf8')
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

/** Cycles until there is nothing to do, and what the last one said. */
async function settle(outside: string, inside: string): Promise<string> {
  const web = `${example.replace('0'.repeat(64), lab.containerArchive.sha256)}  system: ${inside}\n`
  const fleet = fleetOf(`${hypervisor(outside)}---\n${web}`)
  const desired = compileFleet(fleet, kinds, primitives).states.get('he1' as HypervisorName)
  if (desired === undefined) throw new Error('nothing is wanted of he1')
  for (let turn = 0; ; turn++) {
    const { status, message, applied } = await reconcile({ ...desired, vitals: [] }, depsOf(place))
    const failed = applied.flatMap(({ outcome }) => (outcome.status === 'failed' ? [outcome.stderr.trim()] : []))
    if (status === 'noop' || status === 'withheld' || failed.length > 0 || turn > 60) return [status, message, ...failed].join(' ').trim()
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

async function ssh(user: string, command: string): Promise<string> {
  const at = sshArgs(machine).map((word) =>
    word.startsWith('root@') ? `${user}@${machine.address}` : word.startsWith('ControlPath=') ? 'ControlPath=none' : word,
  )
  const { stdout, stderr } = await run('ssh', [...at, '--', command], { timeoutMs: 60_000 })
  return stdout + stderr
}

test('a container from bare has its people, files and jobs, one of whom lands in it from outside; modules are the hypervisor’s', {
  timeout: 600_000,
}, async () => {
  const key = (await machine.must('cut -d" " -f1,2 /root/.ssh/authorized_keys')).trim()
  const outside = `{bridges: [{name: br-lxc, addresses: [192.168.100.1/24]}], modules: [dummy], users: [{name: ann, container: plpa, authorizedKeys: ["${key}"]}]}`
  const inside = `{users: [{name: ann, shell: /bin/sh, comment: Ann, groups: [adm], authorizedKeys: ["${key}"]}], hosts: [{address: 192.0.2.7, names: [seven]}], files: [{path: /etc/kept, content: kept, owner: "ann:adm"}], sysctl: {net.ipv4.conf.all.log_martians: "1"}}`
  expect(await settle(outside, inside)).toBe('noop')
  expect(await machine.must('cut -d" " -f1 /proc/modules | grep -x dummy; systemctl is-active systemd-modules-load')).toBe(
    'dummy\nactive\n',
  )
  expect(
    await machine.must(
      'lxc-attach -n plpa --clear-env -- sh -c "id ann; getent hosts seven; stat -c %U:%G /etc/kept; sysctl -n net.ipv4.conf.all.log_martians"',
    ),
  ).toMatch(/^uid=\d+\(ann\) gid=\d+\(ann\) groups=\d+\(ann\),4\(adm\)\n192\.0\.2\.7 +seven\nann:adm\n1\n$/)
  expect(await ssh('ann', 'id -un; hostname; sudo -n id 2>&1 | head -n 1')).toMatch(/^ann\nplpa/)
  await machine.must('lxc-attach -n plpa --clear-env -- usermod -s /bin/false ann')
  expect(await settle(outside, inside)).toBe('noop')
  expect(await ssh('ann', 'echo "it\'s $(id -un)"')).toBe("it's ann\n")
  expect(await settle(outside.replace('[dummy]', '[dummy, nosuch]'), inside)).toMatch(/this kernel \(.*\) has no module nosuch/)
  expect(await settle(outside, '{}')).toBe('noop')
  expect(
    await machine.must('lxc-attach -n plpa --clear-env -- sh -c "getent shadow ann; grep -c seven /etc/hosts; ls -d /home/ann" || :'),
  ).toMatch(/:1:\n0\n\/home\/ann\n$/)
})
