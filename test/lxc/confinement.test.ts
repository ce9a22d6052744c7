import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { planOnce } from '../../controller/engine/reconcile.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import { box, converge, cycleOf } from './engine.ts'
import { type LxcHost, startLxcHost } from './host.ts'

let host: LxcHost
beforeEach(async () => {
  host = await startLxcHost()
})
afterEach(() => host.close())

/** The disks of the host, as far as their scheduler: this machine's own are not ours to change. */
const disks = (...schedulers: string[]) =>
  host.must(
    `mount -t tmpfs none /sys/block; ${schedulers.map((line, index) => `mkdir -p /sys/block/vd${index}/queue; echo '${line}' >/sys/block/vd${index}/queue/scheduler`).join('; ')}`,
  )
const weight = () => host.must(`head -n 1 /sys/fs/cgroup/blkio/lxc.payload.${host.name}/blkio.bfq.weight`)
const refused = async (...[change, settings]: [Parameters<typeof box>[1]?, Parameters<typeof box>[2]?]) => {
  const { plan } = await planOnce(desired([box(host, change, settings)]), depsOf({ host, run: host.must }))
  return plan.refused.flatMap(({ reasons }) => reasons)
}

describe('the share of disks', { timeout: 60_000 }, () => {
  test('is set in a new container, changed in one that runs, put right when it drifts, and given up', async () => {
    await disks('none [mq-deadline]', 'mq-deadline none [bfq]')
    expect(await converge(host, [box(host, { ioWeight: 1000 })])).toBe('noop')
    expect(await weight()).toBe('181\n')
    const pid = await host.must(`lxc-info -n ${host.name} -pH`)
    expect(await converge(host, [box(host, { ioWeight: 50 })])).toBe('noop')
    expect(await weight()).toBe('50\n')
    await host.must(`echo 77 >/sys/fs/cgroup/blkio/lxc.payload.${host.name}/blkio.bfq.weight`)
    const cycle = await cycleOf(host, [box(host, { ioWeight: 50 })])
    expect(cycle.drift.flatMap(({ fields }) => fields)).toMatchObject([
      { field: 'ioWeight', before: 'blkio.bfq.weight 77 (in force)', after: 'blkio.bfq.weight 50' },
    ])
    expect(await weight()).toBe('50\n')
    expect(await converge(host, [box(host)])).toBe('noop')
    expect([await weight(), await host.must(`lxc-info -n ${host.name} -pH`)]).toEqual(['100\n', pid])
    expect(await host.must(`grep -c weight /var/lib/lxc/${host.name}/config || :`)).toBe('0\n')
  })

  test('comes back with a restart', async () => {
    await disks('[bfq]')
    await converge(host, [box(host, { ioWeight: 200 })])
    expect(await converge(host, [box(host, { ioWeight: 200 }, { 'lxc.uts.name': 'www' })])).toBe('noop')
    expect(await weight()).toBe('109\n')
    await host.must(`lxc-stop -n ${host.name} -k; rm /run/reeve/lxc/*.starts`)
    expect(await converge(host, [box(host, { ioWeight: 200 }, { 'lxc.uts.name': 'www' })])).toBe('noop')
    expect(await weight()).toBe('109\n')
  })

  test('is refused where nothing weighs, before a container is made and after, and all else is told too', async () => {
    await disks('[none] mq-deadline bfq', 'none')
    const says = 'resources.ioWeight: no disk of this host has a scheduler that weighs; choose bfq for one (modprobe bfq;'
    expect(await converge(host, [box(host, { ioWeight: 200 })])).toContain(says)
    expect(await host.must('ls /mnt/ct /var/lib/lxc 2>/dev/null || :')).toBe('/var/lib/lxc:\n')
    await expect.poll(() => converge(host, [box(host)])).toBe('noop')
    expect(await refused({ ioWeight: 200 })).toEqual([expect.stringContaining(says)])
  })
})

describe('a seccomp profile', { timeout: 60_000 }, () => {
  const profile = (path: string) => ({ 'lxc.seccomp.profile': path })

  test('of a file is loaded with a restart, and the distribution’s comes back by its name', async () => {
    await converge(host, [box(host)])
    await host.must("printf '2\\ndenylist\\nmkdir errno 1\\nmkdirat errno 1\\n' >/mnt/strict.seccomp")
    const mkdir = () =>
      host.must(
        `lxc-attach -n ${host.name} -- /bin/sh -c 'sleep 0; cat /proc/self/status' </dev/null | grep Seccomp:; grep -c 'seccomp.profile' /var/lib/lxc/${host.name}/config || :`,
      )
    expect(await converge(host, [box(host, {}, profile('/mnt/strict.seccomp'))])).toBe('noop')
    expect(await mkdir()).toBe('Seccomp:\t2\n1\n')
    expect(await converge(host, [box(host, {}, profile('/usr/share/lxc/config/common.seccomp'))])).toBe('noop')
    expect(await mkdir()).toBe('Seccomp:\t2\n1\n')
  })

  test.each([
    ['is not there', ':'],
    ['is none', 'echo hello >/mnt/bad.seccomp'],
    ['knows no policy', "printf '2\\nperhaps\\n' >/mnt/bad.seccomp"],
  ])('that %s stops nothing', async (_name, before) => {
    await converge(host, [box(host)])
    const pid = await host.must(`lxc-info -n ${host.name} -pH`)
    await host.must(before)
    const said = await converge(host, [box(host, {}, profile('/mnt/bad.seccomp'))])
    expect(said).toContain('/mnt/bad.seccomp is no seccomp profile of LXC on this host')
    expect(await host.must(`lxc-info -n ${host.name} -pH; grep -c seccomp /var/lib/lxc/${host.name}/config || :`)).toBe(`${pid}0\n`)
  })
})
