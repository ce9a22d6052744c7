import { afterAll, beforeAll, test } from 'vitest'
import { type Lab, startLab } from '../lab/lab.ts'
import { convergeAndProve } from './converge.ts'
import { shortScene } from './scenes.ts'

let lab: Lab
beforeAll(async () => {
  lab = await startLab()
})
afterAll(() => lab?.[Symbol.asyncDispose]())

test(`${shortScene.recipe}: converges from bare, plans empty, and ${shortScene.proves}`, async () => {
  await lab.reset()
  await convergeAndProve(lab, shortScene)
})
