import { expect } from 'vitest'
import type { Spec } from '../../controller/model/primitive.ts'
import { diceFrom } from './mutate.ts'
import type { Place } from './sample.ts'
import { expectSettled } from './settled.ts'
import { makeVolume, pool } from './volume-makers.ts'

/** Two turns of so many random volumes, all in one apply: made, then half of them changed; each is read back as it was wanted. */
export async function volumesSettle(place: Place, seed: number, count: number): Promise<void> {
  const dice = diceFrom(seed)
  const turns = [0, 1].map((turn) => (number: number) => makeVolume(number, turn, diceFrom(seed + number), dice))
  const first = Array.from({ length: count }, (_, number) => turns[0]?.(number) ?? [])
  const second = first.map((specs, number) => (number % 2 === 0 ? (turns[1]?.(number) ?? []) : specs))
  for (const [turn, specs] of [first, second].entries()) {
    const wanted: readonly Spec[] = [pool, ...specs.flat()]
    await expectSettled(wanted, place, `REEVE_TEST_SEED=${seed}, turn ${turn}`)
    expect(wanted.length).toBeGreaterThan(count * 2)
  }
}
