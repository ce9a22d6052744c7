import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Attempt } from '../../controller/model/attempt.ts'
import type { Replica } from '../../controller/replicas/ports.ts'
import { createReaching, type Reaching } from '../../controller/replicas/reaching.ts'
import { rendezvous } from '../../controller/replicas/rendezvous.ts'
import { type EtcdServer, startEtcd } from './etcd-server.ts'
import { silentLog } from './log.ts'
import { type MovesSeen, watchMoves } from './movesSeen.ts'
import { etcdAt, replicaOf } from './rig.ts'

// Replicas in this process on a real etcd, and lines to hypervisors that a test says are there or not.
let server: EtcdServer
let stack: AsyncDisposableStack
let parties: Map<string, Party>
let lines: Map<string, Attempt>
let fleet = 0

beforeAll(async () => {
  server = await startEtcd()
}, 60_000)
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  stack = new AsyncDisposableStack()
  parties = new Map()
  lines = new Map()
  fleet++
})
afterEach(() => stack.disposeAsync())

const patience = { timeout: 60_000, interval: 20 }
const names = ['a', 'b', 'c']
const hypervisors = ['he1', 'he2', 'he3', 'he4', 'he5', 'he6']
const first = (hypervisor: string): string => rendezvous(hypervisor, names) as string
const reached: Attempt = { status: 'reached' }
const unreachable: Attempt = { status: 'unreachable', because: 'no answer' }
const denied: Attempt = { status: 'denied', because: 'another host key' }

interface Party {
  readonly replica: Replica
  readonly reaching: Reaching
  /** Hypervisors that it tried beside its cycles. */
  readonly tries: string[]
}

const lineOf = (name: string, hypervisor: string): Attempt => lines.get(`${name} ${hypervisor}`) ?? reached

/** Looks at what it is in charge of ten times a second, as a controller does. */
function begin(name: string, handOverMs = 500): Party {
  const etcd = stack.use(etcdAt(server.url))
  const replica = replicaOf(etcd, name, {
    fleet: `reach${fleet}`,
    leaseSeconds: 30,
    ways: () => reaching.said,
    onChange: () => reaching.tick(),
  })
  const tries: string[] = []
  const reaching: Reaching = createReaching({
    replica,
    name,
    handOverMs,
    log: silentLog,
    nowSeconds: () => Date.now() / 1000,
    monotonicMs: () => performance.now(),
    async tryWay(hypervisor) {
      tries.push(hypervisor)
      return lineOf(name, hypervisor)
    },
  })
  const timer = setInterval(() => {
    for (const each of hypervisors) if (replica.ownedSince(each) !== undefined) reaching.tried(each, lineOf(name, each))
    reaching.tick()
  }, 100)
  stack.use(replica)
  stack.defer(() => clearInterval(timer))
  replica.start()
  reaching.follow(hypervisors)
  replica.follow(hypervisors)
  const party = { replica, reaching, tries }
  parties.set(name, party)
  return party
}

const partyOf = (name: string): Party => parties.get(name) as Party
const ownerOf = (hypervisor: string): string | undefined =>
  names.find((name) => parties.get(name)?.replica.ownedSince(hypervisor) !== undefined)
const said = (hypervisor: string): readonly string[] =>
  [...(partyOf('a').replica.picture.ways.get(hypervisor) ?? [])].map(([name, { is }]) => `${name} ${is}`).sort()
const owners = (): readonly (string | undefined)[] => hypervisors.map(ownerOf)
const plainly = hypervisors.map(first)

async function settled(): Promise<MovesSeen> {
  for (const name of names) begin(name)
  await expect.poll(owners, patience).toEqual(plainly)
  return stack.use(await watchMoves(server.url, `reach${fleet}`))
}

describe('replicas and their ways', () => {
  it('hand over what one of them cannot reach, that alone, and give it back once it does', async () => {
    const moves = await settled()
    const [mine, others] = [first('he1'), names.filter((name) => name !== first('he1'))]
    lines.set(`${mine} he1`, unreachable)
    await expect.poll(() => said('he1'), patience).toEqual([`${mine} cut`, ...others.map((name) => `${name} open`)].sort())
    await expect.poll(() => others.includes(ownerOf('he1') ?? ''), patience).toBe(true)
    expect(partyOf(mine).reaching.cutCount).toBe(1)
    lines.clear()
    await expect.poll(() => said('he1'), patience).toEqual([])
    await expect.poll(owners, patience).toEqual(plainly)
    expect(hypervisors.map((name) => moves.of(name).length)).toEqual(hypervisors.map((name) => (name === 'he1' ? 3 : 1)))
  }, 120_000)

  it('leave where it is what none of them can reach, and what lets in none of the others', async () => {
    const moves = await settled()
    for (const name of names) {
      lines.set(`${name} he1`, unreachable)
      lines.set(`${name} he2`, name === first('he2') ? unreachable : denied)
    }
    await expect.poll(() => [said('he1'), said('he2')], patience).toEqual([names.map((name) => `${name} cut`), [`${first('he2')} cut`]])
    // Each has answered, and more than once.
    const again = (): boolean =>
      names.every((name) => ['he1', 'he2'].every((each) => partyOf(name).tries.filter((one) => one === each).length > 1))
    await expect.poll(again, patience).toBe(true)
    expect(owners()).toEqual(plainly)
    expect([moves.of('he1'), moves.of('he2')]).toEqual([[first('he1')], [first('he2')]])
  }, 120_000)

  it('do not hand over what lets the one in charge not in, however long', async () => {
    const moves = await settled()
    lines.set(`${first('he1')} he1`, denied)
    // As long as another one needs to be handed over.
    const other = hypervisors.find((name) => name !== 'he1' && first(name) === first('he1')) ?? 'he2'
    lines.set(`${first(other)} ${other}`, unreachable)
    await expect.poll(() => moves.of(other).length, patience).toBe(2)
    expect([moves.of('he1'), said('he1')]).toEqual([[first('he1')], []])
  }, 120_000)

  it('say of what they try no more than they found, and nothing of what left Git', async () => {
    await settled()
    const mine = first('he1')
    lines.set(`${mine} he1`, unreachable)
    await expect.poll(() => said('he1').length, patience).toBe(3)
    for (const { replica, reaching } of parties.values()) {
      reaching.follow(hypervisors.slice(1))
      replica.follow(hypervisors.slice(1))
    }
    await expect.poll(() => said('he1'), patience).toEqual([])
  }, 120_000)

  it('take what they said with them, and one that joins anew within its life says it with its name', async () => {
    const moves = await settled()
    const mine = first('he1')
    const watcher = names.find((name) => name !== mine) as string
    lines.set(`${mine} he1`, unreachable)
    await expect.poll(() => [said('he1').length, moves.of('he1').length], patience).toEqual([3, 2])
    const { replica } = partyOf(mine)
    const before = replica.lease as string
    const seen: (readonly [isMember: boolean, isCut: boolean])[] = []
    const look = (): void => {
      const { members, ways } = partyOf(watcher).replica.picture
      seen.push([members.has(mine), ways.get('he1')?.has(mine) === true])
    }
    const timer = setInterval(look, 5)
    stack.defer(() => clearInterval(timer))
    await etcdAt(server.url).revoke(before)
    await expect.poll(() => replica.lease !== before && partyOf(watcher).replica.picture.members.has(mine), patience).toBe(true)
    look()
    expect(new Set(seen.map(([isMember, isCut]) => isMember === isCut))).toEqual(new Set([true]))
    await expect.poll(() => said('he1').length, patience).toBe(3)
    expect(moves.of('he1')).toHaveLength(2)
    await replica[Symbol.asyncDispose]()
    parties.delete(mine)
    const left = names.filter((name) => name !== mine)
    await expect.poll(() => [...(partyOf(watcher).replica.picture.ways.get('he1') ?? [])], patience).toEqual([])
    await expect.poll(() => ownerOf('he1'), patience).toBe(rendezvous('he1', left))
  }, 180_000)
})
