import { expect } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { diceFrom } from '../random.ts'
import { depsOf, desired } from './engine.ts'
import type { Place } from './sample.ts'

/** A random whole number below `sides`. */
export type Dice = (sides: number) => number

/** Makes valid specs of one primitive, and what they need; the same number is always the same thing on the host, with other values each time. */
export type Maker = (number: number, dice: Dice) => readonly Spec[]

/** How many of them, and how many of these are new in one apply. */
export type Counts = readonly [all: number, each: number]

/** Reconciles until nothing is being made any more, as a controller does: jobs go on after a cycle, may end while a host is read, and leave more to do than the passes of one cycle. */
export async function settled(place: Place, specs: readonly Spec[]): Promise<Cycle> {
  for (let turn = 0; ; turn++) {
    const cycle = await reconcile(desired(specs), depsOf(place))
    const tellsOfEarlier = turn === 0 && cycle.finishedJobs.length > 0
    const goesOn = cycle.inProgress.length > 0 || cycle.busy !== undefined || cycle.plan.transactions.length > 0
    const isUnfinished = cycle.status === 'waiting' && goesOn
    if (!tellsOfEarlier && !isUnfinished) return cycle
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** One apply of all of them, and then nothing differs and nothing is unknown. */
export async function expectSettled(specs: readonly Spec[], place: Place, why: string): Promise<void> {
  const first = await settled(place, specs)
  expect({ message: first.message, withheld: first.plan.withheld, refused: first.plan.refused }, `${why}: ${first.message}`).toEqual({
    message: '',
    withheld: [],
    refused: [],
  })
  const { plan, status } = await planOnce(desired(specs), depsOf(place))
  const left = plan.transactions.flatMap(({ changes }) => changes.map(({ id, fields }) => ({ id, fields })))
  expect({ status, left, unknown: plan.unknown, records: plan.records }, why).toEqual({
    status: 'noop',
    left: [],
    unknown: [],
    records: [],
  })
}

/** Makes them by and by. Half of what stands already gets other values each time, and all of it stays: removals in bulk are held back. */
export async function allSettle(maker: Maker, [all, each]: Counts, place: Place, seed: number): Promise<void> {
  const dice = diceFrom(seed)
  const wanted = new Map<number, readonly Spec[]>()
  for (let done = 0; done < all; done += each) {
    for (let number = Math.max(0, done - (each >> 1)); number < done + each; number++) wanted.set(number, maker(number, dice))
    const specs = new Map([...wanted.values()].flat().map((spec) => [spec.id, spec]))
    await expectSettled([...specs.values()], place, `REEVE_TEST_SEED=${seed}, ${done} to ${done + each}`)
  }
}
