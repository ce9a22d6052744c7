import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rendezvous } from '../../controller/replicas/rendezvous.ts'
import { chooseOwner, isCutForSome, type Said } from '../../controller/replicas/ways.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const runs = { seed, numRuns: isLong ? 20_000 : 1000 }

const names = ['a', 'b', 'c', 'd']
const say = (said: Readonly<Record<string, Said['is']>>): ReadonlyMap<string, Pick<Said, 'is'>> =>
  new Map(Object.entries(said).map(([name, is]) => [name, { is }]))

/** A hypervisor that the plain rendezvous among a, b and c gives to a, and without it to b. */
const hypervisor = Array.from({ length: 100 }, (_, index) => `he${index}`).find(
  (name) => rendezvous(name, ['a', 'b', 'c']) === 'a' && rendezvous(name, ['b', 'c']) === 'b',
) as string

interface Case {
  readonly name: string
  readonly said: Readonly<Record<string, Said['is']>>
  readonly owner?: string
  readonly members?: readonly string[]
  readonly chosen: string | undefined
}

const cases: readonly Case[] = [
  { name: 'where nobody says anything the plain rendezvous', said: {}, owner: 'c', chosen: 'a' },
  { name: 'the same while one is cut and nobody was let in yet', said: { a: 'cut' }, owner: 'a', chosen: 'a' },
  { name: 'the same where all are cut', said: { a: 'cut', b: 'cut', c: 'cut' }, owner: 'b', chosen: 'a' },
  { name: 'whoever is open, though another one would come before it', said: { a: 'cut', c: 'open' }, owner: 'a', chosen: 'c' },
  { name: 'the first of those that are open', said: { a: 'cut', b: 'open', c: 'open' }, owner: 'a', chosen: 'b' },
  { name: 'the first of those that are open where nobody has it', said: { a: 'cut', b: 'open', c: 'open' }, chosen: 'b' },
  { name: 'whoever has it, though a better one became open too', said: { a: 'cut', b: 'open', c: 'open' }, owner: 'c', chosen: 'c' },
  { name: 'whoever has it, though it has not answered yet', said: { a: 'cut', b: 'open' }, owner: 'c', chosen: 'c' },
  { name: 'whoever has it, while one that comes anew says that it is cut', said: { a: 'cut' }, owner: 'b', chosen: 'b' },
  { name: 'another one where whoever took over is cut too', said: { a: 'cut', b: 'open', c: 'cut' }, owner: 'c', chosen: 'b' },
  { name: 'the plain rendezvous where nobody is cut any more', said: { b: 'open', c: 'open' }, owner: 'c', chosen: 'a' },
  { name: 'nobody for what one says that is gone', said: { d: 'cut', b: 'open' }, owner: 'b', chosen: 'a' },
  { name: 'nobody who is open and gone', said: { a: 'cut', d: 'open' }, owner: 'd', chosen: 'a' },
  { name: 'nobody where there is nobody', said: { a: 'open' }, members: [], chosen: undefined },
]

describe('who should be in charge', () => {
  it.each(cases)('is $name', ({ said, owner, members = ['a', 'b', 'c'], chosen }) => {
    expect(chooseOwner({ hypervisor, members, said: say(said), owner })).toBe(chosen)
  })

  it('knows whether the way of another one is cut', () => {
    const said = say({ a: 'cut', b: 'open' })
    expect([isCutForSome(['a', 'b'], said), isCutForSome(['a', 'b'], said, 'a'), isCutForSome(['b'], said)]).toEqual([true, false, false])
    expect(isCutForSome(['a'])).toBe(false)
  })
})

const saying = fc.dictionary(fc.constantFrom(...names), fc.constantFrom<Said['is']>('cut', 'open')).map(say)
const situation = fc.record({
  hypervisor: fc.stringMatching(/^he[0-9]{1,3}$/),
  members: fc.subarray(names),
  said: saying,
  owner: fc.option(fc.constantFrom(...names), { nil: undefined }),
})

describe('whatever members there are, and whatever they say', () => {
  it('is one member, the same for all who look, whatever the order, and nobody only where there is none', () => {
    fc.assert(
      fc.property(situation, ({ hypervisor: name, members, said, owner }) => {
        const chosen = chooseOwner({ hypervisor: name, members, said, owner })
        const turned = new Map([...said].reverse())
        expect(chooseOwner({ hypervisor: name, members: members.toReversed(), said: turned, owner })).toBe(chosen)
        expect(chosen === undefined ? members : members.filter((member) => member === chosen)).toHaveLength(chosen === undefined ? 0 : 1)
      }),
      runs,
    )
  })

  it('is as if nobody had said anything where all are cut, none is, or only those that are gone', () => {
    fc.assert(
      fc.property(situation, ({ hypervisor: name, members, said, owner }) => {
        const plain = rendezvous(name, members)
        const all = (is: Said['is']): ReadonlyMap<string, Pick<Said, 'is'>> => new Map(members.map((member) => [member, { is }]))
        const ofOthers = new Map([...said].filter(([member]) => !members.includes(member)))
        for (const each of [all('cut'), all('open'), ofOthers])
          expect(chooseOwner({ hypervisor: name, members, said: each, owner })).toBe(plain)
        const without = new Map([...said].filter(([member]) => members.includes(member)))
        expect(chooseOwner({ hypervisor: name, members, said, owner })).toBe(
          chooseOwner({ hypervisor: name, members, said: without, owner }),
        )
      }),
      runs,
    )
  })

  it('is never one whose way is cut while another one is open', () => {
    fc.assert(
      fc.property(situation, (at) => {
        const isOpen = at.members.some((member) => at.said.get(member)?.is === 'open')
        if (isOpen) expect(at.said.get(chooseOwner(at) ?? '')?.is).not.toBe('cut')
      }),
      runs,
    )
  })

  it('moves only when it must: when whoever has it is cut and another one is not, is gone, or no way is cut any more', () => {
    fc.assert(
      fc.property(
        situation,
        fc.constantFrom(...names),
        fc.constantFrom<Said['is'] | undefined>('cut', 'open', undefined),
        (at, who, is) => {
          const owner = chooseOwner(at)
          if (owner === undefined) return
          const said = new Map(at.said)
          if (is === undefined) said.delete(who)
          else said.set(who, { is })
          if (chooseOwner({ ...at, said, owner }) === owner) return
          const isBetterOff = said.get(owner)?.is === 'cut' && at.members.some((member) => said.get(member)?.is === 'open')
          const isPlain = said.get(owner)?.is === 'cut' || !isCutForSome(at.members, said)
          expect(isBetterOff || (isPlain && owner !== rendezvous(at.hypervisor, at.members))).toBe(true)
        },
      ),
      runs,
    )
  })
})
