import { afterAll, beforeAll } from 'vitest'
import { logScenarios } from './logs.ts'
import { gatewayScenarios, mailScenarios } from './mail.ts'
import { longNameScenarios, nameScenarios } from './names.ts'
import { panelScenarios } from './panels.ts'
import { createWorld, type World } from './world.ts'

// One fleet under the real controller: what follows is done to it in this order.
let world: World
beforeAll(async () => {
  world = await createWorld()
}, 300_000)
afterAll(() => world?.[Symbol.asyncDispose]())

const use = (): World => world
mailScenarios(use)
nameScenarios(use)
panelScenarios(use, process.env['REEVE_TEST_LONG'] === '1')
if (process.env['REEVE_TEST_LONG'] === '1') {
  gatewayScenarios(use)
  logScenarios(use)
  longNameScenarios(use)
}
