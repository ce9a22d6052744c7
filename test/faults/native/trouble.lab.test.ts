import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { befall, holdOfDpkg, smallDisks, troubles } from './trouble.ts'
import { createNativeWorld, type NativeWorld } from './world.ts'

vi.setConfig({ testTimeout: 400_000 })

let world: NativeWorld
beforeAll(async () => {
  world = await createNativeWorld({ prepare: smallDisks })
}, 300_000)
afterAll(() => world?.[Symbol.asyncDispose]())

test.each(troubles.map((trouble) => [trouble.class, trouble.what, trouble] as const))(
  '%s (%s): it is told, nothing is lost, and all is as Git says when it is over',
  async (_class, _what, trouble) => {
    expect(await befall(world, trouble)).toEqual([])
  },
)

test('dpkg is held by somebody else: the package waits, and is installed when dpkg is free', async () => {
  expect(await holdOfDpkg(world)).toEqual([])
})
