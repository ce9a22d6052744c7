import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { textOf } from '../engine/deps.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { type Board, type Loop, startLoop } from './neighbours/rig.ts'

// Under a controller whose resync is an hour away: what a commit allows, it must bring about itself.
let he1: ShellHost
let he2: ShellHost
let loop: Loop

beforeEach(async () => {
  he1 = await startShellHost()
  he2 = await startShellHost()
})
afterEach(async () => {
  await loop?.controller.stop()
  await Promise.all([he1.close(), he2.close()])
})

const start = async (board: Board, approved?: string): Promise<void> => {
  const hosts = new Map([
    ['he1', he1],
    ['he2', he2],
  ])
  loop = await startLoop(hosts, { a: board }, { more: approvalOf(approved) })
}
const approvalOf = (hash: string | undefined): Readonly<Record<string, Uint8Array>> =>
  hash === undefined ? {} : { 'reeve.approvals.yaml': Buffer.from(`- {hash: "${hash}", reason: r, author: ann}\n`) }
const said = (words: string) => expect.poll(() => loop.log.some((line) => line.includes(words)), { timeout: 15_000 }).toBe(true)
const eventually = (host: ShellHost, text: string) => expect.poll(() => textOf(host, '/mnt/note'), { timeout: 15_000 }).toBe(text)
const onHe1 = [{ hypervisor: 'he1' }]

describe('a commit that asks for nothing else, and', () => {
  it('ends a suspension, has what was suspended done', async () => {
    await start({ at: onHe1, text: 'one', suspend: { reason: 'repairs' } })
    await said('he1 withheld: Board/a is suspended: repairs')
    await loop.commit({ a: { at: onHe1, text: 'one' } })
    await eventually(he1, 'one')
  })

  it('gives another approval for the one before, has that done', async () => {
    await he1.run('echo theirs >/mnt/note')
    const board = { at: onHe1, text: 'ours' }
    await start(board, '0123456789ab')
    await said('he1 withheld: note:/mnt/note exists')
    const approval = loop.cycles.findLast(({ hypervisor }) => hypervisor === 'he1')?.plan.withheld[0]?.approval
    await loop.commit({ a: board }, ['he1', 'he2'], approvalOf(approval))
    await eventually(he1, 'ours')
  })

  it('no longer wants one placement after the other, has those that waited changed', async () => {
    await he1.run('echo ill >/mnt/note.ill')
    const at = [{ hypervisor: 'he1' }, { hypervisor: 'he2' }]
    await start({ at, text: 'one', isSlow: true })
    await said('he2 waiting: waits until he1 is Healthy')
    await loop.commit({ a: { at, text: 'one' } })
    await eventually(he2, 'one')
  })

  it('says another way to a host, goes that way', async () => {
    await start({ at: onHe1, text: 'one' })
    await eventually(he1, 'one')
    const looks = () => loop.cycles.filter(({ hypervisor }) => hypervisor === 'he1').length
    await expect.poll(looks).toBe(1)
    await loop.controller.afterWorkInHand()
    const moved = { apiVersion: 'reeve.dev/v1', kind: 'Hypervisor', metadata: { name: 'he1' }, spec: { address: '192.0.2.7' } }
    const way = { 'hypervisor-he1.yaml': Buffer.from(JSON.stringify(moved)) }
    await loop.commit({ a: { at: onHe1, text: 'one' } }, ['he2'], way)
    await expect.poll(looks).toBe(2)
  })

  it('removes a host that is being changed, has nothing more told of it', async () => {
    await start({ at: [{ hypervisor: 'he2' }], text: 'one', sleepSeconds: 1 })
    await eventually(he2, 'one')
    await loop.commit({}, ['he1'])
    await said('he2 gone')
    await loop.controller.afterWorkInHand()
    expect(loop.log.at(-1)).toBe('he2 gone')
    await loop.controller.stop()
    expect(loop.timers()).toBe(0)
  })

  it('is about another host, wakes nobody else', async () => {
    await start({ at: onHe1, text: 'one' })
    await eventually(he1, 'one')
    await expect.poll(() => loop.cycles.some(({ hypervisor }) => hypervisor === 'he2')).toBe(true)
    const looks = () => loop.cycles.filter(({ hypervisor }) => hypervisor === 'he2').length
    const before = looks()
    await loop.commit({ a: { at: onHe1, text: 'two', suspend: { reason: 'r' } } })
    await said('he1 withheld')
    expect(looks()).toBe(before)
  })
})
