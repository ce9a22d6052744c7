import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { box, converge, cycleOf, inside } from './engine.ts'
import { type LxcHost, startLxcHost } from './host.ts'

let host: LxcHost
beforeEach(async () => {
  host = await startLxcHost()
})
afterEach(() => host.close())

const pid = () => host.must(`lxc-info -n ${host.name} -pH`)
const limit = (file: string) => host.must(`cat /sys/fs/cgroup/${file.split('.')[0]}/lxc.payload.${host.name}/${file}`)
const config = () => host.must(`cat /var/lib/lxc/${host.name}/config`)
const heldFields = (cycle: Cycle) =>
  cycle.plan.withheld.map(({ brake, changes }) => [brake, changes.flatMap(({ fields }) => fields.map(({ field }) => field))])
const policyOf = (...approvals: string[]) => ({
  policy: { approvals: new Set(approvals), isWindowOpen: () => false, suspendedBecause: () => undefined },
})
const never = { restarts: 'Never', ...policyOf() } as const

describe('a commit that asks for a restart and for what can be had without', { timeout: 60_000 }, () => {
  test('changes limits at once, holds the rest back with its reason, and carries it out when it is approved', async () => {
    await converge(host, [box(host)])
    const before = await pid()
    const wanted = box(host, {}, { 'lxc.cgroup2.pids.max': '600', 'lxc.start.order': '5', 'lxc.uts.name': 'www', 'lxc.net.0.mtu': '1400' })
    const first = await cycleOf(host, [wanted], never)
    expect(heldFields(first)).toEqual([['Restart', ['lxc.uts.name', 'lxc.net.0.mtu']]])
    expect(first.plan.withheld[0]?.because).toBe(`lxcContainer:${host.name} needs a restart and restarts is Never`)
    expect([await limit('pids.max'), await pid()]).toEqual(['600\n', before])
    expect(await config()).toMatch(/lxc\.uts\.name = web\n(.*\n)*lxc\.cgroup2\.pids\.max = 600\n/)
    expect(await config()).toContain('lxc.start.order = 5\n')
    expect(await config()).not.toContain('mtu')
    const second = await cycleOf(host, [wanted], never)
    expect([second.applied, heldFields(second), second.drift]).toEqual([[], heldFields(first), []])
    const approval = second.plan.withheld[0]?.approval ?? ''
    expect(approval).toBe(first.plan.withheld[0]?.approval)
    expect(await converge(host, [wanted], { ...never, ...policyOf(approval) })).toBe('noop')
    expect(await inside(host, 'hostname')).toBe('www\n')
    expect(await config()).toContain('lxc.net.0.mtu = 1400\n')
  })

  test('is held back whole where it was approved whole, or where nothing of it is live', async () => {
    await converge(host, [box(host)])
    const renamed = box(host, {}, { 'lxc.uts.name': 'www' })
    const first = await cycleOf(host, [renamed], never)
    expect([first.applied, heldFields(first)]).toEqual([[], [['Restart', ['lxc.uts.name']]]])
    const approved = { ...never, ...policyOf(first.plan.withheld[0]?.approval ?? '') }
    const both = box(host, {}, { 'lxc.uts.name': 'www', 'lxc.cgroup2.pids.max': '600' })
    expect(await converge(host, [both], approved)).toBe('noop')
    expect([await inside(host, 'hostname'), await limit('pids.max')]).toEqual(['www\n', '600\n'])
  })

  test('leaves running what it would stop, and changes its limits', async () => {
    await converge(host, [box(host)])
    const before = await pid()
    const cycle = await cycleOf(host, [box(host, { state: 'stopped' }, { 'lxc.cgroup2.pids.max': '600' })], never)
    expect(heldFields(cycle)).toEqual([['Outage', ['state']]])
    expect([await limit('pids.max'), await pid()]).toEqual(['600\n', before])
  })

  test('takes away a limit that nobody asks for, and keeps devices, mounts and lines of a user as they are', async () => {
    await host.must('mkdir -p /mnt/shared /mnt/other')
    const mount = (source: string) => ({ key: 'lxc.mount.entry', value: `${source} mnt none bind,create=dir 0 0` })
    await converge(host, [box(host, { entries: [mount('/mnt/shared')] })])
    await host.must(`sed -i '1i lxc.environment = A=b' /var/lib/lxc/${host.name}/config`)
    const { 'lxc.cgroup2.pids.max': _none, ...settings } = box(host).settings
    const wanted = { ...box(host, { entries: [mount('/mnt/other')] }), settings }
    const cycle = await cycleOf(host, [wanted], never)
    expect(heldFields(cycle)).toEqual([
      ['Restart', ['lxc.mount.entry /mnt/other mnt none bind,create=dir 0 0', 'lxc.mount.entry /mnt/shared mnt none bind,create=dir 0 0']],
    ])
    expect(await limit('pids.max')).toBe('max\n')
    const text = await config()
    expect(text).toContain('/mnt/shared')
    expect(text).not.toMatch(/pids|other/)
    expect(text.startsWith('lxc.environment = A=b\n')).toBe(true)
    expect(await converge(host, [wanted])).toBe('noop')
    expect(await config()).toMatch(/\/mnt\/other/)
  })

  test('holds back a limit of memory below what is needed, and only that', async () => {
    await converge(host, [box(host)])
    await inside(host, 'for i in 1 2 3 4 5 6 7 8 9; do cat /lib/*/libc.so.6; done >/root/fill')
    const tight = { 'lxc.cgroup2.memory.max': '8388608', 'lxc.cgroup2.pids.max': '600' }
    const cycle = await cycleOf(host, [box(host, {}, tight)], never)
    expect(heldFields(cycle)).toEqual([['Restart', ['lxc.cgroup2.memory.max']]])
    expect([await limit('memory.limit_in_bytes'), await limit('pids.max')]).toEqual(['268435456\n', '600\n'])
  })

  test('does not repair by the way what is only to be reported', async () => {
    await converge(host, [box(host, { driftPolicy: 'Report' })])
    await host.must(`echo 99 >/sys/fs/cgroup/pids/lxc.payload.${host.name}/pids.max`)
    const cycle = await cycleOf(host, [box(host, { driftPolicy: 'Report' }, { 'lxc.uts.name': 'www' })], never)
    expect([cycle.applied, await limit('pids.max')]).toEqual([[], '99\n'])
  })
})
