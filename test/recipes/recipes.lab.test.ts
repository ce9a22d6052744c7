import { afterAll, beforeAll, test } from 'vitest'
import { type Lab, startLab } from '../lab/lab.ts'
import { convergeAndProve } from './converge.ts'
import { longScenes } from './scenes.ts'

let lab: Lab
beforeAll(async () => {
  lab = await startLab()
})
afterAll(() => lab?.[Symbol.asyncDispose]())

test.each(longScenes)(
  '$recipe, $hypervisor: converges from bare, plans empty, and $proves',
  async (scene) => {
    await lab.reset()
    await convergeAndProve(lab, scene)
  },
  1_800_000,
)
