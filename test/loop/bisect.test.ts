import { describe, expect, it } from 'vitest'
import { afterTrial, giveUp, nextTrial, type Search, startSearch } from '../../controller/loop/bisect.ts'
import { randomFrom } from '../random.ts'

interface Host {
  readonly bad: ReadonlySet<number>
  /** It fails whatever is tried, also nothing. */
  readonly isGroundBad?: boolean
  /** What each bad one says; the same for all where something beside them is at fault. */
  says(id: number): string
}

interface Found {
  readonly search: Search<number, string>
  readonly trials: readonly (readonly number[])[]
}

/** Plays a search to its end against a host; `together` are in force in a trial. */
function play(count: number, host: Host): Found {
  let search = startSearch<number, string>([...Array(count).keys()], 'all of them')
  const trials: (readonly number[])[] = []
  for (;;) {
    const tried = nextTrial(search)
    if (tried === undefined) return { search, trials }
    if (trials.length > 500) throw new Error('it does not end')
    const together = [...search.good, ...tried]
    trials.push(together)
    const culprit = together.find((id) => host.bad.has(id))
    const failure = host.isGroundBad ? 'the ground' : culprit === undefined ? undefined : host.says(culprit)
    search = afterTrial(search, failure === undefined ? { status: 'good' } : { status: 'failed', failure }, (a, b) => a === b)
  }
}

const own = (id: number): string => `${id} is wrong`
const lb = (count: number): number => Math.ceil(Math.log2(count))

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Date.now() % 1_000_000)

describe('a search for the one at fault', () => {
  it(`finds exactly the bad ones of any set, with the others in force, in bounded trials (REEVE_TEST_SEED=${seed})`, () => {
    const next = randomFrom(seed)
    for (let round = 0; round < 3000; round++) {
      const count = 1 + Math.floor(next() * 40)
      const share = next()
      const bad = new Set([...Array(count).keys()].filter(() => next() < share))
      if (bad.size === 0) bad.add(Math.floor(next() * count))
      const { search, trials } = play(count, { bad, says: own })
      const told = `seed ${seed}, round ${round}: bad ${[...bad]} of ${count}`
      expect(search.isGivenUp, told).toBe(false)
      expect(new Set(search.bad.keys()), told).toEqual(bad)
      expect(
        search.good.toSorted((a, b) => a - b),
        told,
      ).toEqual([...Array(count).keys()].filter((id) => !bad.has(id)))
      expect(trials.length, told).toBeLessThanOrEqual(Math.max(1, Math.min(2 * count, 1 + 2 * bad.size * Math.max(1, lb(count)))))
      if (count > 1) for (const [id, failure] of search.bad) expect(failure, told).toBe(own(id))
      // What is said to be in force is what the last trial had in it, and nothing bad with it.
      if (search.isInForce) expect(new Set(trials.at(-1)), told).toEqual(new Set(search.good))
    }
  })

  it.each([1, 2, 3, 4, 7, 8, 16, 33])('needs at most 2·log₂(n)+1 trials, and one to go back, for any one bad of %i', (count) => {
    for (let id = 0; id < count; id++) {
      const { search, trials } = play(count, { bad: new Set([id]), says: own })
      expect([...search.bad.keys()]).toEqual([id])
      expect(trials.length + (search.isInForce ? 0 : 1)).toBeLessThanOrEqual(2 * lb(count) + 2)
    }
  })

  it('tries the ground first, and a single one not again: its failure is known', () => {
    const { search, trials } = play(1, { bad: new Set([0]), says: own })
    expect(trials).toEqual([[]])
    expect([...search.bad]).toEqual([[0, 'all of them']])
    expect(search.isInForce).toBe(true)
  })

  it('blames nobody where it fails without all of them', () => {
    const { search, trials } = play(8, { bad: new Set(), isGroundBad: true, says: own })
    expect(search).toMatchObject({ isGivenUp: true, good: [] })
    expect(search.bad.size).toBe(0)
    expect(trials).toEqual([[]])
  })

  it.each([2, 3, 8])('blames nobody where each of %i fails in the same words', (count) => {
    const { search } = play(count, { bad: new Set(Array(count).keys()), says: () => 'no space left on device' })
    expect(search.isGivenUp).toBe(true)
  })

  it('blames the one of a pair that fails only on top of the other', () => {
    let search = startSearch(['a', 'b'], 'both')
    const tried: (readonly string[])[] = []
    for (let next = nextTrial(search); next !== undefined; next = nextTrial(search)) {
      const together = [...search.good, ...next]
      tried.push(together)
      search = afterTrial(search, together.length === 2 ? { status: 'failed', failure: 'they clash' } : { status: 'good' }, Object.is)
    }
    expect(tried).toEqual([[], ['a'], ['a', 'b']])
    expect(search).toMatchObject({ good: ['a'], isGivenUp: false })
    expect([...search.bad]).toEqual([['b', 'they clash']])
  })

  it('lets the one that fails no more come into force', () => {
    let search = startSearch(['a', 'b'], 'both')
    while (nextTrial(search) !== undefined) search = afterTrial(search, { status: 'good' }, Object.is)
    expect(search).toMatchObject({ good: ['a', 'b'], isGivenUp: false, isInForce: true })
  })

  it('ends when it is given up', () => {
    expect(nextTrial(giveUp(startSearch(['a', 'b'], 'both')))).toBeUndefined()
  })
})
