import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { random, seed } from '../instants.ts'
import { strikeOnce } from './instants.ts'
import { hasty, linePhases, strikeLine } from './line.ts'
import { anyKill, killAt } from './steps.ts'
import { befall, troubles } from './trouble.ts'
import { createNativeWorld, type NativeWorld } from './world.ts'

vi.setConfig({ testTimeout: 300_000 })

/** One fault of each sort that the long run does by the hundred. */
let world: NativeWorld
beforeAll(async () => {
  world = await createNativeWorld({ config: hasty })
}, 300_000)
afterAll(() => world?.[Symbol.asyncDispose]())

function any<T>(list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T
}

test(`an apply of all kinds that is killed at a boundary of its steps is undone, made again, and nothing else is touched (seed ${seed})`, async () => {
  expect(await killAt(world, anyKill(165))).toEqual([])
})

test(`nothing is lost where apply or controller is killed at a random instant (seed ${seed})`, async () => {
  expect(await strikeOnce(world, any([0, 1]))).toEqual([])
})

const phase = any(linePhases)
test(`nothing is done twice where the line is cut ${phase} (seed ${seed})`, async () => {
  expect(await strikeLine(world, 'is cut once', phase)).toEqual([])
})

/** Those that need no disk of their own, and are over soon. */
const trouble = any(troubles.filter(({ class: name, what }) => name === 'clock' || /says no/.test(what)))
test(`${trouble.class} (${trouble.what}): all is as Git says when it is over (seed ${seed})`, async () => {
  expect(await befall(world, trouble)).toEqual([])
})
