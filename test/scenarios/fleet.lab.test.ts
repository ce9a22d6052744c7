import { afterAll, beforeAll } from 'vitest'
import { logScenarios } from './logs.ts'
import { mailScenarios } from './mail.ts'
import { nameScenarios } from './names.ts'
import { createWorld, type World } from './world.ts'

// One fleet: what follows is done to it in this order.
let world: World
beforeAll(async () => {
  world = await createWorld()
}, 300_000)
afterAll(() => world?.[Symbol.asyncDispose]())

mailScenarios(() => world)
nameScenarios(() => world)
logScenarios(() => world)
