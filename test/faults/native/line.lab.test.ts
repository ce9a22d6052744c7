import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { hasty, linePhases, lineSorts, strikeLine } from './line.ts'
import { createNativeWorld, type NativeWorld } from './world.ts'

vi.setConfig({ testTimeout: 300_000 })

let world: NativeWorld
beforeAll(async () => {
  world = await createNativeWorld({ config: hasty })
}, 300_000)
afterAll(() => world?.[Symbol.asyncDispose]())

const cases = lineSorts.flatMap((sort) => linePhases.map((phase) => [sort, phase] as const))

test.each([...cases, ...cases])('the line %s %s: nothing is done twice, nothing is lost', async (sort, phase) => {
  expect(await strikeLine(world, sort, phase)).toEqual([])
})
