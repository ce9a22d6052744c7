import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rendezvous } from '../../controller/replicas/rendezvous.ts'
import type { CheapHost } from '../faults/cheapHost.ts'
import { countMails } from '../faults/mailCount.ts'
import { recorded } from '../faults/recorded.ts'
import type { TcpProxy } from '../lab/tcp-proxy.ts'
import { longTest } from '../longTest.ts'
import { type MovesSeen, watchMoves } from './movesSeen.ts'
import { oneWriter, type ReplicaProcess, startWorld, type World } from './world.ts'

const names = ['a', 'b', 'c']
const patience = { timeout: 180_000, interval: 200 }

let world: World
let moves: MovesSeen
let he1: CheapHost
let he2: CheapHost
const replicas = new Map<string, ReplicaProcess>()

beforeAll(async () => {
  // Nobody is to lose a lease here, however busy this machine is.
  world = await startWorld({ hosts: 2, lease: '30s', handOver: '4s' })
  ;[he1, he2] = world.hosts as [CheapHost, CheapHost]
  // One after the other: on a busy machine each takes long to start.
  for (const name of names) replicas.set(name, await world.start(name))
}, 600_000)
afterAll(async () => {
  moves?.[Symbol.dispose]()
  await world[Symbol.asyncDispose]()
}, 60_000)

/** Whether everybody has what is to be its own by now. */
async function isSettled(): Promise<boolean> {
  const members = [...(await world.keys('members/')).keys()].map((key) => key.slice('members/'.length))
  const owners = await world.keys('owners/')
  const isDue = ({ name }: CheapHost): boolean => owners.get(`owners/${name}`)?.includes(`"member":"${rendezvous(name, members)}"`) === true
  return members.length === names.length && world.hosts.every(isDue)
}

function replicaOf(name: string): ReplicaProcess {
  const replica = replicas.get(name)
  if (replica === undefined) throw new Error(`there is no replica ${name}`)
  return replica
}

const noteOf = async (host: CheapHost): Promise<string> => (await host.run('cat /mnt/note')).trim()
const drift = (host: CheapHost): Promise<string> => host.run('echo drifted >/mnt/note')
const line = (name: string): TcpProxy => world.lines.between(name, he1)
const ofHe1 = (): readonly string[] => moves.of('he1')

/** What replicas say of their ways to he1, `a cut`. */
async function ways(): Promise<readonly string[]> {
  const said = [...(await world.keys('ways/he1/'))]
  return said.map(([key, value]) => `${key.slice('ways/he1/'.length)} ${(JSON.parse(value) as { readonly is: string }).is}`).sort()
}

/** Whoever is asked, all look: nothing waits for a back-off. */
async function mended(): Promise<void> {
  const look = async (): Promise<string> => {
    await replicaOf('a').controller.kick()
    return noteOf(he1)
  }
  await expect.poll(look, { ...patience, interval: 1000 }).toBe('first')
}

function mend(name: string): void {
  line(name).setMode({ kind: 'pass' })
  // What was swallowed is lost to the connections that were open.
  line(name).cut()
}

function refuse(name: string): void {
  line(name).setMode({ kind: 'refuse' })
  line(name).cut()
}

const shown = async (name: string): Promise<string> =>
  (await replicaOf(name).controller.status())?.hypervisors.find((one) => one.name === 'he1')?.message ?? ''

const subjects = (): readonly string[] =>
  world.smtp.mails.map(({ headers }) => headers['subject'] ?? '').filter((one) => one.includes('unreachable'))
const found = (): number => subjects().filter((subject) => !subject.includes('resolved')).length
const over = (): number => subjects().filter((subject) => subject.includes('resolved')).length

async function isWhole(): Promise<void> {
  for (const host of world.hosts) await oneWriter(host)
  expect(countMails(world.smtp.mails)).toEqual({ lost: [], doubled: [] })
}

describe('a hypervisor that not all of three controllers can reach', () => {
  let first: string
  let heir: string
  let others: readonly string[]

  it('is put right by another one while whoever is in charge cannot reach it, and everybody says why', async () => {
    await expect.poll(isSettled, patience).toBe(true)
    for (const host of world.hosts) await expect.poll(() => noteOf(host), patience).toBe('first')
    moves = await watchMoves(world.etcd.url)
    ;[first = ''] = ofHe1()
    line(first).setMode({ kind: 'blackhole' })
    await drift(he1)
    const what = { class: 'replica: cut off from one host', what: `${first}, while he1 drifts`, host: 'loopback' } as const
    await recorded(what, () => world.smtp.mails, mended)
    expect(ofHe1()).toHaveLength(2)
    heir = ofHe1()[1] ?? ''
    others = names.filter((name) => name !== first)
    expect(others).toContain(heir)
    await expect
      .poll(() => shown(first), patience)
      .toMatch(new RegExp(`^replica ${heir} is in charge of it: http.* \\(replica ${first} found no way to it at .* UTC: he1 `))
    await expect.poll(() => shown(heir), patience).toMatch(new RegExp(`^replica ${first} found no way to it at `))
    expect(await replicaOf(first).controller.metrics()).toContain('reeve_replica_ways_cut 1')
    expect(await ways()).toEqual([`${first} cut`, ...others.map((name) => `${name} open`)].sort())
    await isWhole()
  }, 400_000)

  it('comes back once, after a while, when the line does', async () => {
    mend(first)
    await drift(he1)
    await mended()
    await expect.poll(ofHe1, patience).toEqual([first, heir, first])
    await expect.poll(ways, patience).toEqual([])
    expect(await replicaOf(first).controller.metrics()).toContain('reeve_replica_ways_cut 0')
    expect(found()).toBeLessThanOrEqual(1)
    await expect.poll(over, patience).toBe(found())
    await isWhole()
  }, 400_000)

  longTest(
    'stays where it is while nobody can reach it, and that is mailed once',
    async () => {
      const before = found()
      for (const name of names) refuse(name)
      await drift(he1)
      await expect.poll(ways, patience).toEqual(names.map((name) => `${name} cut`))
      await expect.poll(found, patience).toBe(before + 1)
      expect(ofHe1()).toEqual([first, heir, first])
      expect(over()).toBe(before)
    },
    400_000,
  )

  longTest(
    'is taken over by the first that reaches it again, which tells the end',
    async () => {
      const before = found()
      const last = others.find((name) => name !== heir) ?? ''
      mend(last)
      await expect.poll(() => noteOf(he1), patience).toBe('first')
      expect(ofHe1()).toEqual([first, heir, first, last])
      await expect.poll(over, patience).toBe(before)
      expect(found()).toBe(before)
      await isWhole()
    },
    400_000,
  )

  longTest(
    'is in the charge of whom it was before, once all reach it; and another one never moved',
    async () => {
      const last = ofHe1().at(-1) ?? ''
      for (const name of names) if (name !== last) mend(name)
      await expect.poll(ways, patience).toEqual([])
      await expect.poll(ofHe1, patience).toEqual([first, heir, first, last, first])
      expect(moves.of('he2')).toHaveLength(1)
      await drift(he2)
      await replicaOf(first).controller.kick()
      await expect.poll(() => noteOf(he2), patience).toBe('first')
      await isWhole()
    },
    400_000,
  )
})
