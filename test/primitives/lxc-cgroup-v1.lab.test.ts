import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { vitals } from '../../controller/kinds/container/lxc/vitals.ts'
import { hypervisorName } from '../../controller/model/ids.ts'
import type { LxcContainerSpec } from '../../controller/primitives/lxcContainer/spec.ts'
import { containers, fleetOf, webWith } from '../kinds/container/fleet.ts'
import { type Lab, type Machine, startLab } from '../lab/lab.ts'
import { converge, known, observe, runScript, wanted } from './lxcContainer/lab.ts'
import { web } from './lxcContainer/specs.ts'

let lab: Lab
let host: Machine

// One machine, booted once into cgroup v1 (what Debian 10 and its like had): each test goes on from what the one before it left.
beforeAll(async () => {
  lab = await startLab()
  host = lab.machine('he1')
  await host.powerOff()
  await host.powerOn('systemd.unified_cgroup_hierarchy=0')
  await host.must(`
[ -d /sys/fs/cgroup/freezer ]
ip link add br-lxc type bridge
ip addr add 192.168.100.1/24 dev br-lxc
ip link set br-lxc up
lvcreate -qq -y -Wy -Zy -L 400M -n web --addtag reeve.id=lab/Container/web --addtag reeve.populate-pending vg_data
mkfs.ext4 -q /dev/vg_data/web`)
})
afterAll(() => lab?.[Symbol.asyncDispose]())

function spec(settings: Readonly<Record<string, string>> = {}, state: LxcContainerSpec['state'] = 'running'): LxcContainerSpec {
  const { pathOnHypervisor: path, sha256 } = lab.containerArchive
  const limits = { 'lxc.cgroup2.memory.swap.max': '0', 'lxc.cgroup2.cpu.max': '50000 100000', 'lxc.cgroup2.cpu.weight': '50' }
  return web({ template: { path, sha256 }, state }, { ...limits, ...settings })
}

const inside = (command: string) => host.must(`timeout -k 5 30 lxc-attach -n web --clear-env -- sh -c '${command}' </dev/null`)
const tree = (file: string) => host.must(`cat /sys/fs/cgroup/${file.split('.')[0]}/lxc.payload.web/${file}`)

test('a container is made, runs with its limits, and a second look finds nothing to do', async () => {
  expect(await converge(host, spec())).toEqual({ impact: 'none' })
  expect(await inside('hostname')).toBe('web\n')
  expect(await tree('memory.limit_in_bytes')).toBe('268435456\n')
  expect(await tree('memory.memsw.limit_in_bytes')).toBe('268435456\n')
  expect(await tree('cpu.cfs_quota_us')).toBe('50000\n')
  expect(await tree('cpu.shares')).toBe('512\n')
  expect(await tree('pids.max')).toBe('500\n')
})

test('limits are changed in the running container, up and down, and what a hand changed is put back', async () => {
  const pid = await host.must('lxc-info -n web -pH')
  for (const bytes of [512 << 20, 192 << 20]) {
    const limits = { 'lxc.cgroup2.memory.max': String(bytes), 'lxc.cgroup2.cpu.max': 'max 100000', 'lxc.cgroup2.cpuset.cpus': '0' }
    expect(await converge(host, spec(limits))).toEqual({ impact: 'none' })
    expect(await tree('memory.limit_in_bytes')).toBe(`${bytes}\n`)
    expect(await tree('memory.memsw.limit_in_bytes')).toBe(`${bytes}\n`)
    expect(await tree('cpuset.cpus')).toBe('0\n')
  }
  await host.must('echo 77 >/sys/fs/cgroup/pids/lxc.payload.web/pids.max')
  const limits = { 'lxc.cgroup2.memory.max': String(192 << 20), 'lxc.cgroup2.cpu.max': 'max 100000', 'lxc.cgroup2.cpuset.cpus': '0' }
  expect((await wanted(host, spec(limits)))?.fields).toEqual([{ field: 'lxc.cgroup2.pids.max', before: '77 (in force)', after: '500' }])
  await converge(host, spec(limits))
  await converge(host, spec())
  expect(await host.must('lxc-info -n web -pH')).toBe(pid)
})

test('what it uses and how it is can be read, without a process', async () => {
  const [manifest] = containers(fleetOf(webWith('')))
  const [vital] = manifest === undefined ? [] : vitals(manifest, { hypervisor: hypervisorName('he1') })
  if (vital === undefined || !('text' in vital.probe)) throw new Error('no vital')
  const { stdout } = await runScript(host, { text: `reeve_vital() {\n${vital.probe.text}\n}\nreeve_vital` })
  const { healthy, samples } = vital.assess({ status: 'read', stdout, reason: '' })
  expect(healthy).toBe(true)
  expect(samples.map(({ metric }) => metric)).toEqual(
    expect.arrayContaining(['container_memory_bytes', 'container_cpu_seconds_total', 'container_uptime_seconds']),
  )
  expect(spawnSync('sh', ['-n'], { input: vital.probe.text }).status).toBe(0)
})

test('frozen, thawed, stopped and started it is seen as it is', async () => {
  expect(await converge(host, spec({}, 'frozen'))).toEqual({ impact: 'outage' })
  expect(known(await observe(host, spec()))).toMatchObject({ state: { running: 'frozen', hierarchy: 'v1' } })
  expect(await converge(host, spec())).toEqual({ impact: 'none' })
  expect(await converge(host, spec({}, 'stopped'))).toEqual({ impact: 'outage' })
  expect(await converge(host, spec())).toEqual({ impact: 'none' })
  expect(await inside('echo here')).toBe('here\n')
})

test('booted into cgroup v2, the same config holds the same limits', async () => {
  await host.powerOff()
  await host.powerOn()
  await host.must('ip link add br-lxc type bridge; ip addr add 192.168.100.1/24 dev br-lxc; ip link set br-lxc up')
  expect(await converge(host, spec())).toEqual({ impact: 'none' })
  expect(await host.must('cd /sys/fs/cgroup/lxc.payload.web; cat memory.max memory.swap.max cpu.max cpu.weight pids.max')).toBe(
    '268435456\n0\n50000 100000\n50\n500\n',
  )
})
