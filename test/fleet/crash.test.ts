import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { playStory } from './crash/play.ts'
import { names, type Story } from './crash/story.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const seed = Number(process.env['REEVE_TEST_SEED'] ?? (isLong ? Math.floor(Math.random() * 2 ** 31) : 1))

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }))
afterEach(() => void vi.useRealTimers())

const stories: fc.Arbitrary<Story> = fc.record({
  commits: fc.array(fc.tuple(...names.map(() => fc.nat(3))), { minLength: 1, maxLength: 3 }),
  faults: fc.array(
    fc.record({
      at: fc.integer({ min: 1, max: 3000 }),
      type: fc.constantFrom('power' as const, 'power' as const, 'kill' as const, 'line' as const),
      kept: fc.nat(1000),
      torn: fc.nat(999),
    }),
    { maxLength: 4 },
  ),
  answer: fc.constantFrom(true, true, false, undefined),
  pace: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  isPaired: fc.boolean(),
})

it(
  `the controller's own scripts halve nothing, lose nothing that was told and come to rest, wherever they are cut (seed ${seed})`,
  async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        expect(await playStory(story)).toBeUndefined()
      }),
      { seed, numRuns: Number(process.env['REEVE_RUNS'] ?? (isLong ? 10_000 : 20)) },
    )
  },
  isLong ? 7_200_000 : 1_800_000,
)

/** What the stories are worth: the same ones each time, on a host whose tools lie. */
it.each(['sync', 'flock'] as const)(
  'would notice a %s that does nothing',
  async (broken) => {
    const found = await fc.check(
      fc.asyncProperty(stories, async (story) => (await playStory(story, broken)) === undefined),
      { seed: 1, numRuns: 1000, endOnFailure: true },
    )
    expect(found.failed).toBe(true)
  },
  1_800_000,
)
