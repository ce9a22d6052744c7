import { expect } from 'vitest'
import type { Spec } from '../../controller/model/primitive.ts'
import { diceFrom } from '../random.ts'
import type { Place } from './sample.ts'
import { type Dice, expectSettled } from './settled.ts'
import { makeGroup, makeVolume, pool } from './volume-makers.ts'

/** Disks that hold nothing, each in a file of its own. */
const blankDisk = `set -e; truncate -s 12M /var/tmp/disk-$n; losetup -f --show /var/tmp/disk-$n`

export interface Amounts {
  readonly count: number
  readonly groupCount: number
  readonly turns: number
}

/**
 * So many random volumes, all in one apply; then, turn by turn, every second of them gets other values, and all of them are read back as they were
 * wanted. Groups come with the last turns, and do not change once they stand: each disk is proven blank by itself, and a look ends after 45 seconds. Answers how many random volumes there were in all turns: each with values that were new in its turn.
 */
export async function volumesSettle(place: Place, seed: number, { count, groupCount, turns }: Amounts): Promise<number> {
  const dice = diceFrom(seed)
  const make = (number: number, turn: number): readonly Spec[] => makeVolume(number, turn, diceFrom(seed + number), dice)
  const groups: Spec[] = []
  let volumes = Array.from({ length: count }, (_, number) => make(number, 0))
  let made = count
  for (let turn = 0; turn < turns; turn++) {
    if (turn > 0) volumes = volumes.map((specs, number) => (number % 2 === turn % 2 ? specs : make(number, turn)))
    if (turn > 0) made += volumes.filter((_, number) => number % 2 !== turn % 2).length
    if (turn >= turns - groupTurns) groups.push(...(await makeGroups(place, groups.length, Math.ceil(groupCount / groupTurns), dice)))
    const wanted: readonly Spec[] = [pool, ...groups, ...volumes.flat()]
    await expectSettled(wanted, place, `REEVE_TEST_SEED=${seed}, turn ${turn}`)
    expect(wanted.length).toBeGreaterThan(count * 2)
  }
  return made
}

const groupTurns = 3

/** Each is one more disk that every command of LVM reads. */
async function makeGroups(place: Place, first: number, count: number, dice: Dice): Promise<readonly Spec[]> {
  const disks = (await place.run(`for n in $(seq ${first + 1} ${first + count}); do ${blankDisk}; done`))
    .split('\n')
    .filter((disk) => disk !== '')
  expect(disks).toHaveLength(count)
  return disks.map((disk, number) => makeGroup(first + number, disk, dice))
}
