import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cycle } from '../../../controller/engine/cycle.ts'
import { textOf } from '../../engine/deps.ts'
import { type ShellHost, startShellHost } from '../../engine/shell-host.ts'
import { startOpenvzHost } from '../../openvz/host.ts'
import { type Boards, type Loop, startLoop } from './rig.ts'

// Two real shells under a real controller whose resync is an hour away: what goes on goes on because somebody was woken.
let he1: ShellHost
let he2: ShellHost
let loop: Loop | undefined
const isDown = new Set<string>()

beforeEach(async () => {
  he1 = await startShellHost()
  he2 = await startShellHost()
  isDown.clear()
})
afterEach(async () => {
  await loop?.controller.stop()
  loop = undefined
  await Promise.all([he1.close(), he2.close()])
})

/** A host that can be cut off. */
function reachable(name: string, host: ShellHost): ShellHost {
  return {
    ...host,
    exchange: (message, options) =>
      isDown.has(name)
        ? Promise.reject(Object.assign(new Error('no route to host'), { kind: 'unreachable' }))
        : host.exchange(message, options),
  }
}

const start = async (boards: Boards): Promise<Loop> => {
  loop = await startLoop(
    new Map([
      ['he1', reachable('he1', he1)],
      ['he2', reachable('he2', he2)],
    ]),
    boards,
  )
  return loop
}

const both = [{ hypervisor: 'he1' }, { hypervisor: 'he2' }]
const eventually = (host: ShellHost, text: string, path = '/mnt/note') =>
  expect.poll(() => textOf(host, path), { timeout: 18_000, interval: 250 }).toBe(text)
const heldOn = (cycle: Cycle | undefined, brake: string) => cycle?.plan.withheld.find((one) => one.brake === brake)
const lastOf = ({ cycles }: Loop, name: string) => cycles.findLast(({ hypervisor }) => hypervisor === name)
/** Until nothing is being looked at and nobody waits to be. */
const quiet = async ({ controller, cycles }: Loop): Promise<void> => {
  for (let calm = 0, seen = -1; calm < 5; seen = cycles.length) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    calm = controller.queue.depth === 0 && controller.queue.longestSince === undefined && cycles.length === seen ? calm + 1 : 0
  }
}

describe('one placement after the other', () => {
  const slow = (text: string, more = {}): Boards => ({ gates: { at: both, text, isSlow: true, ...more } })

  it('creates the second one when the first one is healthy', async () => {
    await he1.run('echo starting >/mnt/note.ill')
    const { log, cycles } = await start(slow('one'))
    await eventually(he1, 'one')
    await expect
      .poll(() => log.some((line) => line.includes('waits until he1 is Healthy with this commit: starting')), {
        timeout: 15_000,
        interval: 250,
      })
      .toBe(true)
    expect(await textOf(he2, '/mnt/note')).toBe('absent')
    await he1.run('rm /mnt/note.ill')
    await eventually(he2, 'one')
    expect(cycles.every(({ status }) => ['converged', 'noop', 'waiting'].includes(status))).toBe(true)
  })

  it('leaves the second one alone when the first one fails, and goes on with the commit that mends it', async () => {
    const made = await start(slow('one'))
    await eventually(he2, 'one')
    await made.commit(slow('two', { fails: true }))
    await expect
      .poll(() => heldOn(lastOf(made, 'he2'), 'Rollout')?.because, { timeout: 15_000, interval: 250 })
      .toContain('waits until he1 is Healthy with this commit')
    await expect.poll(() => made.log.some((line) => line.startsWith('he1 failed')), { timeout: 15_000, interval: 250 }).toBe(true)
    expect([await textOf(he1, '/mnt/note'), await textOf(he2, '/mnt/note')]).toEqual(['one', 'one'])
    await made.commit(slow('three'))
    await eventually(he1, 'three')
    await eventually(he2, 'three')
  })

  it('makes the first one before the second one again, where it was removed in between', async () => {
    const made = await start(slow('one'))
    await eventually(he2, 'one')
    await made.commit({})
    await eventually(he1, 'absent')
    await eventually(he2, 'absent')
    await quiet(made)
    await he1.run('echo ill >/mnt/note.ill')
    await made.commit(slow('one'))
    await expect
      .poll(() => heldOn(lastOf(made, 'he2'), 'Rollout')?.because, { timeout: 15_000, interval: 250 })
      .toContain('waits until he1 is Healthy with this commit')
    expect(await textOf(he2, '/mnt/note')).toBe('absent')
    await he1.run('rm /mnt/note.ill')
    await eventually(he2, 'one')
  })

  it('repairs drift of the second one whatever the first one is', async () => {
    const made = await start(slow('one'))
    await eventually(he2, 'one')
    await quiet(made)
    await he1.run('echo ill >/mnt/note.ill')
    await he2.run('echo edited >/mnt/note')
    made.controller.reconcileNow()
    await eventually(he2, 'one')
  })

  it('waits for a first one that cannot be reached until a person lets it go on, for this content alone', async () => {
    const made = await start(slow('one'))
    await eventually(he2, 'one')
    isDown.add('he1')
    await made.commit(slow('two'))
    await expect
      .poll(() => heldOn(lastOf(made, 'he2'), 'Rollout')?.because, { timeout: 15_000, interval: 250 })
      .toContain('he1 could not be read: no route to host')
    made.approvals.add(heldOn(lastOf(made, 'he2'), 'Rollout')?.approval ?? '')
    made.controller.reconcileNow()
    await eventually(he2, 'two')
    await made.commit(slow('three'))
    await expect.poll(() => heldOn(lastOf(made, 'he2'), 'Rollout')?.changes.length, { timeout: 15_000, interval: 250 }).toBe(1)
    expect(await textOf(he2, '/mnt/note')).toBe('two')
    isDown.clear()
    made.controller.reconcileNow()
    await eventually(he2, 'three')
  })

  it('knows after a restart of the controller what it knew before', async () => {
    const before = await start(slow('one'))
    await eventually(he2, 'one')
    await he1.run('echo ill >/mnt/note.ill')
    await before.commit(slow('two'))
    await eventually(he1, 'two')
    await expect.poll(() => heldOn(lastOf(before, 'he2'), 'Rollout')?.because, { timeout: 15_000, interval: 250 }).toContain(': ill')
    await before.controller.stop()
    const after = await start(slow('two'))
    await expect
      .poll(() => heldOn(lastOf(after, 'he2'), 'Rollout')?.because, { timeout: 15_000, interval: 250 })
      .toContain('waits until he1')
    expect(await textOf(he2, '/mnt/note')).toBe('one')
    await he1.run('rm /mnt/note.ill')
    after.controller.reconcileNow('he1' as never)
    await eventually(he2, 'two')
  })

  it.each(['network', 'slow'] as const)('believes no answer that a check by %s gave before the change', async (asks) => {
    const made = await start(slow('one', { asks }))
    await eventually(he2, 'one')
    he1.answer = false
    await he1.run('echo ill >/mnt/note.ill')
    await made.commit(slow('two', { asks }))
    await eventually(he1, 'two')
    await expect
      .poll(() => heldOn(lastOf(made, 'he2'), 'Rollout')?.because, { timeout: 15_000, interval: 250 })
      .toContain('waits until he1')
    await quiet(made)
    expect(await textOf(he2, '/mnt/note')).toBe('one')
    he1.answer = true
    await he1.run('rm /mnt/note.ill')
    await eventually(he2, 'two')
  })
})

describe('two placements on one hypervisor', () => {
  it('change one after the other too', async () => {
    const host = await startOpenvzHost()
    try {
      for (const ctid of ['101', '102'])
        await host.must(
          `cp /mnt/template.tar.gz /var/lib/vz/template/cache/d.tar.gz; vzctl create ${ctid} --ostemplate d >/dev/null; vzctl start ${ctid} >/dev/null`,
        )
      const at = [
        { hypervisor: 'he1', ctid: '101' },
        { hypervisor: 'he1', ctid: '102' },
      ]
      const inside = (ctid: string): string => `/var/lib/vz/private/${ctid}/root/note`
      await host.write(`${inside('101')}.ill`, 'ill')
      loop = await startLoop(new Map([['he1', host]]), { gates: { at, path: '/root/note', text: 'one', isSlow: true } })
      await eventually(host, 'one', inside('101'))
      await expect
        .poll(() => heldOn(loop && lastOf(loop, 'he1'), 'Rollout')?.because, { timeout: 15_000, interval: 250 })
        .toBe('waits until he1/openvz:101 is Healthy with this commit: ill')
      expect(await textOf(host, inside('102'))).toBe('absent')
      await host.must('vzctl exec2 101 rm /root/note.ill')
      await eventually(host, 'one', inside('102'))
    } finally {
      await loop?.controller.stop()
      loop = undefined
      await host.close()
    }
  })
})

describe('what another hypervisor says', () => {
  const mirror = (text: string): Boards => ({
    source: { at: [{ hypervisor: 'he2' }], path: '/mnt/source', text },
    mirror: { at: [{ hypervisor: 'he1' }], text: '', mirrors: { hypervisor: 'he2', path: '/mnt/source' } },
  })

  it('is waited for, told within the ordinary look, and followed when it moves', async () => {
    const made = await start(mirror('one'))
    await eventually(he1, 'seen one')
    await made.commit(mirror('two'))
    await eventually(he1, 'seen two')
    await quiet(made)
    const count = made.cycles.length
    made.controller.reconcileNow()
    await expect.poll(() => made.cycles.length, { timeout: 15_000, interval: 250 }).toBe(count + 2)
    await quiet(made)
    expect(made.cycles.slice(count).map(({ status, roundTrips }) => [status, roundTrips])).toEqual([
      ['noop', 1],
      ['noop', 1],
    ])
  })

  it('is unknown where it cannot be reached: then the one that asks decides', async () => {
    isDown.add('he2')
    await start(mirror('one'))
    await eventually(he1, 'alone')
    isDown.clear()
    loop?.controller.reconcileNow('he2' as never)
    await eventually(he1, 'seen one')
  })

  it('is unknown when it leaves the fleet', async () => {
    const made = await start(mirror('one'))
    await eventually(he1, 'seen one')
    const { mirror: only } = mirror('one')
    await made.commit({ mirror: only as never, other: { at: [{ hypervisor: 'he1' }], path: '/mnt/other', text: 'x' } }, ['he1'])
    await eventually(he1, 'alone')
  })

  it('goes round between two that look at each other until they agree, and then rests', async () => {
    const boards: Boards = {
      one: { at: [{ hypervisor: 'he1' }], path: '/mnt/a', text: 'a' },
      other: { at: [{ hypervisor: 'he2' }], path: '/mnt/b', text: 'b' },
      'one-sees': { at: [{ hypervisor: 'he1' }], text: '', mirrors: { hypervisor: 'he2', path: '/mnt/b' } },
      'other-sees': { at: [{ hypervisor: 'he2' }], text: '', mirrors: { hypervisor: 'he1', path: '/mnt/a' } },
    }
    const made = await start(boards)
    await eventually(he1, 'seen b')
    await eventually(he2, 'seen a')
    await quiet(made)
    expect(made.cycles.length).toBeLessThan(10)
  })
})

it('facts that move with every look do not keep two hypervisors busy with each other', async () => {
  const clock = { at: [{ hypervisor: 'he1' }], path: '/mnt/clock', text: 'now' }
  const boards: Boards = {
    one: clock,
    other: { ...clock, at: [{ hypervisor: 'he2' }] },
    'one-sees': { at: [{ hypervisor: 'he1' }], text: '', mirrors: { hypervisor: 'he2', path: '/mnt/clock' } },
    'other-sees': { at: [{ hypervisor: 'he2' }], text: '', mirrors: { hypervisor: 'he1', path: '/mnt/clock' } },
  }
  const moving = (host: ShellHost): ShellHost => ({
    ...host,
    async exchange(message, options) {
      await host.run('date +%s%N >/mnt/clock')
      return host.exchange(message, options)
    },
  })
  loop = await startLoop(
    new Map([
      ['he1', moving(he1)],
      ['he2', moving(he2)],
    ]),
    boards,
  )
  await quiet(loop)
  expect(loop.cycles.length).toBeGreaterThan(4)
  expect(loop.cycles.length).toBeLessThan(20)
})

it('a controller that is stopped means to do nothing more: no timer keeps its process alive', async () => {
  const made = await start({ gates: { at: both, text: 'one' } })
  await eventually(he1, 'one')
  await eventually(he2, 'one')
  await quiet(made)
  expect(made.timers()).toBeGreaterThan(0)
  await made.controller.stop()
  expect(made.timers()).toBe(0)
})
