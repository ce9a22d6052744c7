import { expect } from 'vitest'
import type { Spec } from '../../controller/model/primitive.ts'
import { diceFrom } from './mutate.ts'
import type { Place } from './sample.ts'
import { expectSettled } from './settled.ts'
import { makeGroup, makeVolume, pool } from './volume-makers.ts'

/** Disks that hold nothing, each in a file of its own. */
const blankDisk = `set -e; truncate -s 12M /var/tmp/disk-$n; losetup -f --show /var/tmp/disk-$n`

/** Two turns of so many random volumes and volume groups, all in one apply: made, then half of the volumes changed; each is read back as it was wanted. */
export async function volumesSettle(place: Place, seed: number, count: number, groupCount: number): Promise<void> {
  const dice = diceFrom(seed)
  const turns = [0, 1].map((turn) => (number: number) => makeVolume(number, turn, diceFrom(seed + number), dice))
  const first = Array.from({ length: count }, (_, number) => turns[0]?.(number) ?? [])
  const second = first.map((specs, number) => (number % 2 === 0 ? (turns[1]?.(number) ?? []) : specs))
  const disks = await place.run(`for n in $(seq ${groupCount}); do ${blankDisk}; done`)
  const groups = disks
    .trim()
    .split('\n')
    .filter((disk) => disk !== '')
    .map((disk, number) => makeGroup(number, disk, dice))
  expect(groups).toHaveLength(groupCount)
  for (const [turn, specs] of [first, second].entries()) {
    const wanted: readonly Spec[] = [pool, ...groups, ...specs.flat()]
    await expectSettled(wanted, place, `REEVE_TEST_SEED=${seed}, turn ${turn}`)
    expect(wanted.length).toBeGreaterThan(count * 2 + groupCount)
  }
}
