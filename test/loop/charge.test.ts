import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Charge } from '../../controller/loop/charge.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import { textOf } from '../engine/deps.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { type Boards, type Loop, startLoop } from './neighbours/rig.ts'

// Two controllers on two real shells, each in charge of what the test says. Their resync is an hour away.
let he1: ShellHost
let he2: ShellHost
const loops: Loop[] = []

/** Who is in charge since when, as etcd would say. */
let owners: Map<string, { readonly member: string; readonly epoch: number }>
let uncertain: Set<string>

beforeEach(async () => {
  he1 = await startShellHost()
  he2 = await startShellHost()
  owners = new Map([
    ['he1', { member: 'a', epoch: 11 }],
    ['he2', { member: 'b', epoch: 12 }],
  ])
  uncertain = new Set()
})
afterEach(async () => {
  await Promise.all(loops.splice(0).map(({ controller }) => controller.stop()))
  await Promise.all([he1.close(), he2.close()])
})

function chargeOf(member: string): Charge {
  return {
    epochOf(name) {
      const owner = owners.get(name)
      return owner?.member === member ? owner.epoch : undefined
    },
    uncertainty: () => (uncertain.has(member) ? 'etcd has not answered' : undefined),
    follow() {},
  }
}

/** Each controller has shells of its own. */
const ofItsOwn = (host: ShellHost): ShellHost => ({
  ...host,
  exchange: (message) => host.run(message.text).then(({ stdout }) => stdout),
  tell: (message) => void host.run(message.text),
  // A new one for each message.
  sessionId: () => Math.random(),
})

async function start(member: string, boards: Boards): Promise<Loop> {
  const hosts = new Map([
    ['he1', ofItsOwn(he1)],
    ['he2', ofItsOwn(he2)],
  ])
  const loop = await startLoop(hosts, boards, { charge: chargeOf(member) })
  loops.push(loop)
  return loop
}

const both = [{ hypervisor: 'he1' }, { hypervisor: 'he2' }]
const eventually = (host: ShellHost, text: string, path = '/mnt/note') =>
  expect.poll(() => textOf(host, path), { timeout: 18_000, interval: 100 }).toBe(text)
const epochsOf = async (host: ShellHost): Promise<string> =>
  (await host.run(`sed -n 's/.*"epoch":\\([0-9]*\\).*/\\1/p' /var/lib/reeve/ledger | xargs`)).stdout.trim()
const hostsIn = ({ log }: Loop): readonly string[] => [...new Set(log.map((line) => line.split(' ')[0] ?? ''))].sort()
const move = async (name: string, member: string, epoch: number, from?: Loop): Promise<void> => {
  owners.delete(name)
  await from?.controller.leave(name as HypervisorName)
  owners.set(name, { member, epoch })
  for (const { controller } of loops) controller.chargeMoved()
}

describe('controllers that share hypervisors', () => {
  it('change and tell what they are in charge of, each under its epoch, and nothing else', async () => {
    const [a, b] = [await start('a', { note: { at: both, text: 'one' } }), await start('b', { note: { at: both, text: 'one' } })]
    await eventually(he1, 'one')
    await eventually(he2, 'one')
    await expect.poll(() => [hostsIn(a), hostsIn(b)]).toEqual([['he1'], ['he2']])
    expect([await epochsOf(he1), await epochsOf(he2)]).toEqual(['11', '12'])
    // Asked by a person, they look at theirs alone.
    expect(a.controller.reconcileNow()).toBe(true)
    await a.controller.afterWorkInHand()
    expect(hostsIn(a)).toEqual(['he1'])
  })

  it('hand over, and the heir looks at once and goes on under its own epoch', async () => {
    const boards = { note: { at: [{ hypervisor: 'he1' }], text: 'one' } }
    const [a, b] = [await start('a', boards), await start('b', boards)]
    await eventually(he1, 'one')
    await expect.poll(() => a.log.length).toBeGreaterThan(0)
    await he1.run('echo drift >/mnt/note')
    await move('he1', 'b', 20, a)
    await eventually(he1, 'one')
    await expect.poll(() => b.log).toContain('he1 converged')
    expect([a.log.at(-1), await epochsOf(he1)]).toEqual(['he1 left', '11 20'])
  })

  it('look at once at what was not theirs for a moment, though they hear of it only when it is theirs again', async () => {
    const a = await start('a', { note: { at: [{ hypervisor: 'he1' }], text: 'one' } })
    await eventually(he1, 'one')
    await a.controller.afterWorkInHand()
    await he1.run('echo drift >/mnt/note')
    a.controller.chargeMoved()
    await a.controller.afterWorkInHand()
    expect(await textOf(he1, '/mnt/note')).toBe('drift')
    owners.set('he1', { member: 'a', epoch: 20 })
    a.controller.chargeMoved()
    await eventually(he1, 'one')
    expect(await epochsOf(he1)).toBe('11 20')
  })

  it('look at what became theirs while a commit was read that moves nothing there', async () => {
    const boards = (text: string): Boards => ({
      first: { at: [{ hypervisor: 'he1' }], text: 'one' },
      second: { at: [{ hypervisor: 'he2' }], text },
    })
    owners.set('he1', { member: 'b', epoch: 10 })
    const a = await start('a', boards('one'))
    owners.set('he1', { member: 'a', epoch: 20 })
    await a.commit(boards('two'))
    await eventually(he1, 'one')
  })

  it('begin anew with what they were to give away and have kept, under the same epoch', async () => {
    const a = await start('a', { note: { at: [{ hypervisor: 'he1' }], text: 'one' } })
    await eventually(he1, 'one')
    await a.controller.afterWorkInHand()
    await he1.run('echo drift >/mnt/note')
    await a.controller.leave('he1' as HypervisorName)
    a.controller.chargeMoved()
    await eventually(he1, 'one')
  })

  it('let one placement come after the other, though two are in charge', async () => {
    const boards = (text: string): Boards => ({ gates: { at: both, text, isSlow: true } })
    await he1.run('echo starting >/mnt/note.ill')
    const [a, b] = [await start('a', boards('one')), await start('b', boards('one'))]
    await eventually(he1, 'one')
    await expect.poll(() => b.log.at(-1) ?? '', { timeout: 10_000 }).toMatch(/^he2 waiting: .*waits until he1 is /)
    expect(await textOf(he2, '/mnt/note')).toBe('absent')
    await he1.run('rm /mnt/note.ill')
    await eventually(he2, 'one')
    expect([hostsIn(a), hostsIn(b)]).toEqual([['he1'], ['he2']])
  })

  it('know what another one’s hypervisor says, from the hypervisor itself', async () => {
    const boards = (text: string): Boards => ({
      first: { at: [{ hypervisor: 'he1' }], text },
      second: { at: [{ hypervisor: 'he2' }], text: '', path: '/mnt/mirror', mirrors: { hypervisor: 'he1', path: '/mnt/note' } },
    })
    const [a, b] = [await start('a', boards('one')), await start('b', boards('one'))]
    await eventually(he2, 'seen one', '/mnt/mirror')
    await Promise.all([a, b].map((loop) => loop.commit(boards('two'))))
    await eventually(he2, 'seen two', '/mnt/mirror')
    expect([hostsIn(a), hostsIn(b)]).toEqual([['he1'], ['he2']])
  })

  it('change nothing while they are not certain, and say why; the heir does', async () => {
    const boards = { note: { at: [{ hypervisor: 'he1' }], text: 'one' } }
    const a = await start('a', boards)
    await eventually(he1, 'one')
    await expect.poll(() => a.log.length).toBeGreaterThan(0)
    uncertain.add('a')
    await he1.run('echo drift >/mnt/note')
    a.controller.reconcileNow()
    await expect.poll(() => a.log.at(-1)).toBe('he1 held: suspended: etcd has not answered')
    expect(await textOf(he1, '/mnt/note')).toBe('drift')
    const b = await start('b', boards)
    owners.set('he1', { member: 'b', epoch: 20 })
    b.controller.chargeMoved()
    await eventually(he1, 'one')
    expect(await epochsOf(he1)).toBe('11 20')
  })

  it('do what they did not begin as soon as they are certain again, and do not wait for the resync', async () => {
    const a = await start('a', { note: { at: [{ hypervisor: 'he1' }], text: 'one' } })
    await eventually(he1, 'one')
    await a.controller.afterWorkInHand()
    uncertain.add('a')
    await he1.run('echo drift >/mnt/note')
    a.controller.reconcileNow()
    await expect.poll(() => a.log.at(-1)).toBe('he1 held: suspended: etcd has not answered')
    uncertain.delete('a')
    await eventually(he1, 'one')
    expect(await epochsOf(he1)).toBe('11 11')
  })

  it('tell a person where a host is in the charge of somebody whom etcd does not know', async () => {
    const a = await start('a', { note: { at: [{ hypervisor: 'he1' }], text: 'one' } })
    await eventually(he1, 'one')
    await expect.poll(() => a.log.length).toBeGreaterThan(0)
    await he1.run('echo 4711 >/run/reeve/epoch')
    a.controller.reconcileNow()
    await expect.poll(() => a.log.at(-1)).toMatch(/^he1 error: he1 is in the charge of a newer controller \(epoch 4711; this one has 11\)/)
    uncertain.add('a')
    const before = a.log.length
    a.controller.reconcileNow()
    await a.controller.afterWorkInHand()
    expect(a.log.length).toBe(before)
  })
})
