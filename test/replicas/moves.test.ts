import { describe, expect, it } from 'vitest'
import { createDeadline } from '../../controller/replicas/deadline.ts'
import { decideMoves } from '../../controller/replicas/moves.ts'
import type { Owner } from '../../controller/replicas/picture.ts'
import { rendezvous } from '../../controller/replicas/rendezvous.ts'
import { chooseOwner, type Said } from '../../controller/replicas/ways.ts'

const fleet = Array.from({ length: 2000 }, (_, index) => `he${index}`)
const shares = (members: readonly string[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const name of fleet) counts.set(rendezvous(name, members) ?? '', (counts.get(rendezvous(name, members) ?? '') ?? 0) + 1)
  return counts
}

describe('rendezvous', () => {
  it('gives everybody about the same', () => {
    for (const count of shares(['a', 'b', 'c', 'd']).values()) expect(Math.abs(count - 500)).toBeLessThan(100)
  })

  it('moves only what the newcomer gets, and only what the leaver had', () => {
    const [three, four] = [
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 'd'],
    ]
    const moved = fleet.filter((name) => rendezvous(name, three as string[]) !== rendezvous(name, four as string[]))
    expect(new Set(moved.map((name) => rendezvous(name, four as string[])))).toEqual(new Set(['d']))
    expect(moved.length).toBeLessThan(600)
  })

  it('does not depend on the order in which members are known, and knows nobody among nobody', () => {
    expect(fleet.map((name) => rendezvous(name, ['a', 'b', 'c']))).toEqual(fleet.map((name) => rendezvous(name, ['c', 'a', 'b'])))
    expect(rendezvous('he1', [])).toBeUndefined()
  })
})

/** etcd in small: keys with the revision of their creation, and leases that take them away. */
interface World {
  revision: number
  readonly members: Map<string, { readonly name: string; readonly lease: string }>
  readonly owners: Map<string, Owner>
  readonly ways: Map<string, Map<string, Said>>
}

function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    return state / 2 ** 32
  }
}

/** One replica decides by what it sees, and etcd takes what still holds. */
function act(world: World, seen: World, name: string, wanted: ReadonlySet<string>): void {
  const me = seen.members.get(name)
  if (me === undefined) return
  const { take, give } = decideMoves({ me, members: seen.members, owners: seen.owners, wanted, ways: seen.ways })
  for (const each of give) {
    if (world.owners.get(each)?.createRevision === seen.owners.get(each)?.createRevision) world.owners.delete(each)
  }
  for (const each of take) {
    if (world.members.get(name)?.lease !== me.lease || world.owners.has(each)) continue
    world.owners.set(each, { member: name, lease: me.lease, createRevision: ++world.revision })
  }
}

const copy = ({ revision, members, owners, ways }: World): World => ({
  revision,
  members: new Map(members),
  owners: new Map(owners),
  ways: new Map([...ways].map(([name, said]) => [name, new Map(said)])),
})

/** What it says goes with its lease. */
function say(world: World, name: string, hypervisor: string, is: Said['is'] | undefined): void {
  const said = world.ways.get(hypervisor) ?? new Map<string, Said>()
  world.ways.set(hypervisor, said)
  if (is === undefined) said.delete(name)
  else said.set(name, { is, because: '', sinceSeconds: 0 })
}

describe('who takes and gives what', () => {
  it('takes what nobody has and is its own, gives what should be another’s, and leaves what others have', () => {
    const members = new Map(['a', 'b'].map((name) => [name, { name, lease: name }]))
    const mine = fleet.filter((name) => rendezvous(name, ['a', 'b']) === 'a').slice(0, 3) as [string, string, string]
    const theirs = fleet.filter((name) => rendezvous(name, ['a', 'b']) === 'b').slice(0, 2) as [string, string]
    const owners = new Map<string, Owner>([
      [mine[0], { member: 'b', lease: 'b', createRevision: 2 }],
      [theirs[0], { member: 'a', lease: 'a', createRevision: 3 }],
      ['gone', { member: 'a', lease: 'a', createRevision: 4 }],
      [mine[2], { member: 'a', lease: 'an earlier life', createRevision: 5 }],
    ])
    const wanted = new Set([...mine, ...theirs])
    expect(decideMoves({ me: { name: 'a', lease: 'a' }, members, owners, wanted, ways: new Map() })).toEqual({
      take: [mine[1]],
      give: [theirs[0], 'gone'],
    })
    expect(decideMoves({ me: { name: 'c', lease: 'c' }, members, owners, wanted, ways: new Map() })).toEqual({ take: [], give: [] })
  })

  it('gives a newcomer nothing yet, but for what it cannot reach itself; a newcomer takes what nobody has', () => {
    const members = new Map(['a', 'b'].map((name) => [name, { name, lease: name }]))
    const theirs = fleet.filter((name) => rendezvous(name, ['a', 'b']) === 'b').slice(0, 3) as [string, string, string]
    const owners = new Map(theirs.slice(0, 2).map((name, index) => [name, { member: 'a', lease: 'a', createRevision: index + 2 }]))
    const said = (is: Said['is']): Said => ({ is, because: '', sinceSeconds: 0 })
    const ways = new Map([
      [
        theirs[1],
        new Map([
          ['a', said('cut')],
          ['b', said('open')],
        ]),
      ],
    ])
    const situation = { members, owners, wanted: new Set([...theirs]), ways }
    const newcomers = new Set(['b'])
    expect(decideMoves({ ...situation, me: { name: 'a', lease: 'a' }, newcomers })).toEqual({ take: [], give: [theirs[1]] })
    expect(decideMoves({ ...situation, me: { name: 'b', lease: 'b' }, newcomers })).toEqual({ take: [theirs[2]], give: [] })
    expect(decideMoves({ ...situation, me: { name: 'a', lease: 'a' } })).toEqual({ take: [], give: [theirs[0], theirs[1]] })
  })

  it('gives what it cannot reach and another one can, keeps what nobody can, and takes what it was let in to', () => {
    const members = new Map(['a', 'b'].map((name) => [name, { name, lease: name }]))
    const mine = fleet.filter((name) => rendezvous(name, ['a', 'b']) === 'a').slice(0, 4) as [string, string, string, string]
    const owners = new Map(mine.slice(0, 3).map((name, index) => [name, { member: 'a', lease: 'a', createRevision: index + 2 }]))
    const said = (a: Said['is'], b: Said['is']) =>
      new Map([a, b].map((is, at) => [at === 0 ? 'a' : 'b', { is, because: '', sinceSeconds: 0 }]))
    const ways = new Map(
      [said('cut', 'open'), said('cut', 'cut'), said('open', 'cut'), said('cut', 'open')].map((one, at) => [mine[at] ?? '', one]),
    )
    const wanted = new Set(mine)
    expect(decideMoves({ me: { name: 'a', lease: 'a' }, members, owners, wanted, ways })).toEqual({ take: [], give: [mine[0]] })
    expect(decideMoves({ me: { name: 'b', lease: 'b' }, members, owners, wanted, ways })).toEqual({ take: [mine[3]], give: [] })
  })

  it.each(Array.from({ length: 200 }, (_, index) => index + 1))(
    'ends with each hypervisor at the one that should have it, whoever dies, comes or lags, in %d. order of events',
    (seed) => {
      const dice = random(seed)
      const pick = <T>(list: readonly T[]): T => list[Math.floor(dice() * list.length)] as T
      const names = ['a', 'b', 'c', 'd']
      const wanted = new Set(fleet.slice(0, 12))
      const world: World = { revision: 1, members: new Map(), owners: new Map(), ways: new Map() }
      const views = new Map(names.map((name) => [name, copy(world)]))
      const epochs = new Map<string, number>()
      const check = (): void => {
        for (const [name, { createRevision }] of world.owners) {
          // Of two owners the later one always has the higher number.
          expect(createRevision).toBeGreaterThanOrEqual(epochs.get(name) ?? 0)
          epochs.set(name, createRevision)
        }
      }
      for (let step = 0; step < 120; step++) {
        const name = pick(names)
        const die = dice()
        if (die < 0.1) {
          const lease = world.members.get(name)?.lease
          world.members.delete(name)
          for (const [each, owner] of world.owners) if (owner.lease === lease) world.owners.delete(each)
          for (const said of world.ways.values()) said.delete(name)
        } else if (die < 0.25 && !world.members.has(name)) world.members.set(name, { name, lease: `${name}${++world.revision}` })
        else if (die < 0.35 && world.members.has(name)) say(world, name, pick([...wanted]), pick(['cut', 'open', undefined]))
        else if (die < 0.6) views.set(name, copy(world))
        else act(world, views.get(name) as World, name, wanted)
        check()
      }
      if (world.members.size === 0) world.members.set('a', { name: 'a', lease: 'last' })
      for (let round = 0; round < 3; round++) for (const name of names) act(world, copy(world), name, wanted)
      check()
      const members = [...world.members.keys()]
      const shouldHave = (each: string): string | undefined =>
        chooseOwner({ hypervisor: each, members, said: world.ways.get(each), owner: world.owners.get(each)?.member })
      expect(new Map([...wanted].map((each) => [each, world.owners.get(each)?.member]))).toEqual(
        new Map([...wanted].map((each) => [each, shouldHave(each)])),
      )
    },
  )
})

describe('the deadline of a lease', () => {
  it('runs from when the renewal was sent, ends before the lease does, and never moves back', () => {
    let now = 1000
    const deadline = createDeadline(5000, () => now)
    expect([deadline.leftMs(), deadline.lastMs]).toEqual([0, undefined])
    deadline.renewed(900)
    expect(deadline.leftMs()).toBe(3400)
    // The answer to an earlier one comes late.
    deadline.renewed(100)
    expect(deadline.leftMs()).toBe(3400)
    now = 4400
    expect(deadline.leftMs()).toBe(0)
    deadline.renewed(4400)
    expect(deadline.leftMs()).toBe(3500)
    deadline.lost()
    expect(deadline.leftMs()).toBe(0)
  })
})
