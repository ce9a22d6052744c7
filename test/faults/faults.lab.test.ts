import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { doubles } from './doubles.ts'
import { expectSame, type Footprint, footprint } from './host.ts'
import { interruptions } from './interrupted.ts'
import { people } from './people.ts'
import { resources } from './resources.ts'
import { createWorld, slowMs, type World } from './world.ts'

vi.setConfig({ testTimeout: slowMs })

// One machine, converged once; every test begins with that state.
let world: World
let before: Footprint
beforeAll(async () => {
  world = await createWorld()
  before = await footprint(world.machine)
}, 900_000)
afterAll(() => world?.[Symbol.asyncDispose]())
beforeEach(() => world.restore(), 120_000)

test('a controller without memory finds a converged host and changes nothing', async () => {
  const controller = await world.start()
  await world.converged(controller)
  await expectSame(world.machine, before)
  expect(world.subjects()).toEqual([])
})

const now = (): World => world
const base = (): Footprint => before
people(now, base)
doubles(now, base)
resources(now, base)
interruptions(now, base)
