import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { isLong, random, seed } from '../instants.ts'
import { endure } from './aftermath.ts'
import { databaseFaults, type Fault, gitFaults, mailFaults } from './faults.ts'
import { type CheapWorld, createCheapWorld } from './world.ts'

vi.setConfig({ testTimeout: 300_000 })

let world: CheapWorld
beforeAll(async () => {
  world = await createCheapWorld()
}, 120_000)
afterAll(() => world?.[Symbol.asyncDispose]())

/** All of them in the long run, so many times; in the usual one any. */
function some(faults: readonly Fault[]): readonly (readonly [string, string, Fault])[] {
  const times = Number(process.env['REEVE_TEST_ROUNDS'] ?? 3)
  const all = isLong ? Array.from({ length: times }, () => faults).flat() : [faults[Math.floor(random() * faults.length)] ?? faults[0]]
  return all.flatMap((fault) => (fault === undefined ? [] : [[fault.class, fault.what, fault] as const]))
}

describe(`a fault beside the controller (seed ${seed})`, () => {
  test.each([...some(gitFaults), ...some(databaseFaults), ...some(mailFaults)])(
    '%s (%s): nothing is removed, drift is put right meanwhile, the next commit comes through, mails come once',
    async (_class, _what, fault) => {
      expect(await endure(world, fault)).toEqual([])
    },
  )
})
