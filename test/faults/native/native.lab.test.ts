import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { seed } from '../instants.ts'
import { strikeOnce } from './instants.ts'
import { anyKill, killAt } from './steps.ts'
import { createNativeWorld, type NativeWorld } from './world.ts'

vi.setConfig({ testTimeout: 300_000 })

/** One fault of each sort that the long run does by the hundred. */
let world: NativeWorld
beforeAll(async () => {
  world = await createNativeWorld()
}, 300_000)
afterAll(() => world?.[Symbol.asyncDispose]())

test(`an apply of all kinds that is killed at a boundary of its steps is undone, made again, and nothing else is touched (seed ${seed})`, async () => {
  expect(await killAt(world, anyKill(165))).toEqual([])
})

test.each([
  ['the apply', 0],
  ['the controller', 1],
])(`nothing is lost where %s is killed at a random instant (seed ${seed})`, async (_, turn) => {
  expect(await strikeOnce(world, turn)).toEqual([])
})
