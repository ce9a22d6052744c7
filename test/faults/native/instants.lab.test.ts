import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { seed } from '../instants.ts'
import { strikeOnce } from './instants.ts'
import { createNativeWorld, type NativeWorld } from './world.ts'

vi.setConfig({ testTimeout: 6 * 3_600_000 })

const count = Number(process.env['REEVE_TEST_INSTANTS'] ?? 500)

let world: NativeWorld
beforeAll(async () => {
  world = await createNativeWorld()
}, 300_000)
afterAll(() => world?.[Symbol.asyncDispose]())

test(`${count} times kill -9 at a random instant of an apply of all kinds, of apply and controller by turns: nothing is lost (seed ${seed})`, async () => {
  const bad: string[] = []
  for (let turn = 0; turn < count; turn++) bad.push(...(await strikeOnce(world, turn)))
  expect(bad).toEqual([])
})
