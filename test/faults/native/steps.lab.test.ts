import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { seed } from '../instants.ts'
import { arm, seen } from './hook.ts'
import { everyKill, killAt } from './steps.ts'
import { createNativeWorld, type NativeWorld } from './world.ts'

vi.setConfig({ testTimeout: 4 * 3_600_000 })

/** `REEVE_TEST_PART=2/4`: the second of four runs that share the kills. */
const [part = 1, parts = 1] = (process.env['REEVE_TEST_PART'] ?? '1/1').split('/').map(Number)

let world: NativeWorld
beforeAll(async () => {
  world = await createNativeWorld()
}, 300_000)
afterAll(() => world?.[Symbol.asyncDispose]())

test(`kill -9 of an apply of all kinds at every boundary of its steps: it is undone, made again, and nothing else is touched (seed ${seed})`, async () => {
  await arm(world.host, 0, 'note')
  await world.turn()
  await world.converged()
  const boundaries = await seen(world.host)
  expect(boundaries.filter((one) => one.startsWith('step ')).length).toBeGreaterThan(20)
  const sorts = new Set(boundaries.map((one) => one.split(' ')[0]))
  expect(sorts).toEqual(new Set(['refusable', 'written', 'begun', 'ran', 'step', 'state', 'ledger', 'closed']))
  const bad: string[] = []
  const kills = everyKill(boundaries.length).filter((_, index) => index % parts === part - 1)
  console.log(`${boundaries.length} boundaries, ${kills.length} kills in this part`)
  for (const kill of kills) bad.push(...(await killAt(world, kill)))
  expect(bad).toEqual([])
})
