import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createQueue, type Priority, priorities } from '../../controller/loop/queue.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const keys = ['he1', 'he2', 'he3', 'he4']

/** What happens to a queue; `pick` chooses among the keys that are worked on. */
type Act =
  | { readonly type: 'add'; readonly key: string; readonly priority: Priority }
  | { readonly type: 'take'; readonly lane: readonly string[] }
  | { readonly type: 'done'; readonly pick: number }
  | { readonly type: 'tick' }

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('add' as const), key: fc.constantFrom(...keys), priority: fc.constantFrom(...priorities) }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('take' as const), lane: fc.subarray(keys) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('done' as const), pick: fc.nat(7) }) },
    { weight: 1, arbitrary: fc.constant({ type: 'tick' as const }) },
  ),
  { maxLength: 40 },
)

/** The same by the plainest means: all triggers that wait, each with its moment. A run answers those that came before it began. */
interface Trigger {
  readonly key: string
  readonly rank: number
  readonly at: number
}

/** Plays a history; answers what went wrong first, in words. */
function play(history: readonly Act[]): string | undefined {
  let now = 0
  const queue = createQueue(() => now)
  let waiting: readonly Trigger[] = []
  const working = new Set<string>()

  function take(lane: readonly string[]): string | undefined {
    const best = bestOf(waiting.filter(({ key }) => lane.includes(key) && !working.has(key)))
    const taken = queue.take((key) => lane.includes(key))
    if (taken === undefined) return best.length === 0 ? undefined : `nothing was given while ${best.join(', ')} waited`
    if (working.has(taken.key)) return `${taken.key} is worked on twice at once`
    if (!best.includes(taken.key)) return `${taken.key} was given before ${best.join(', ')}`
    waiting = waiting.filter(({ key }) => key !== taken.key)
    working.add(taken.key)
    return undefined
  }

  function step(act: Act): string | undefined {
    if (act.type === 'tick') now++
    if (act.type === 'add') {
      queue.add(act.key, act.priority)
      waiting = [...waiting, { key: act.key, rank: priorities.indexOf(act.priority), at: now }]
    }
    if (act.type === 'done') {
      const key = [...working][act.pick % Math.max(1, working.size)]
      if (key !== undefined) queue.done(key)
      if (key !== undefined) working.delete(key)
    }
    if (act.type === 'take') return take(act.lane)
    return queue.depth === new Set(waiting.map(({ key }) => key)).size ? undefined : `its depth is ${queue.depth}`
  }

  /** Whatever happened: once all that runs has ended, each trigger that is left gets its run. */
  const end = [...keys.map((): Act => ({ type: 'done', pick: 0 })), ...keys.map((): Act => ({ type: 'take', lane: keys }))]
  for (const act of [...history, ...end]) {
    const wrong = step(act)
    if (wrong !== undefined) return wrong
  }
  return waiting.length === 0 && queue.depth === 0 ? undefined : `lost: ${waiting.map(({ key }) => key).join(', ')}`
}

/** Keys that may come first: the most urgent trigger of each counts, and since when the key waits. */
function bestOf(triggers: readonly Trigger[]): readonly string[] {
  const byKey = [...Map.groupBy(triggers, ({ key }) => key)].map(([key, all]) => ({
    key,
    rank: Math.min(...all.map(({ rank }) => rank)),
    at: Math.min(...all.map(({ at }) => at)),
  }))
  const rank = Math.min(...byKey.map((one) => one.rank))
  const urgent = byKey.filter((one) => one.rank === rank)
  const at = Math.min(...urgent.map((one) => one.at))
  return urgent.filter((one) => one.at === at).map(({ key }) => key)
}

it(
  `loses no trigger, works on no key twice at once, and gives the most urgent first (seed ${seed})`,
  () => {
    fc.assert(
      fc.property(acts, (history) => {
        expect(play(history)).toBeUndefined()
      }),
      { seed, numRuns: isLong ? 1_000_000 : 2_000 },
    )
  },
  isLong ? 3_600_000 : 20_000,
)
