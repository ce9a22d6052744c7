import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { textOf } from '../engine/deps.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { type Loop, startLoop } from './neighbours/rig.ts'

let host: ShellHost
let loop: Loop
let fails = false

beforeEach(async () => {
  fails = false
  host = await startShellHost()
})
afterEach(async () => {
  await loop.controller.stop()
  await host.close()
})

const boards = (text: string) => ({ a: { at: [{ hypervisor: 'he1' }], text } })
const onRead = (): void => {
  if (fails) throw new Error('fork: Resource temporarily unavailable')
}

describe('a commit that cannot be read', () => {
  it('is told, and read again though Git tells of it but once', async () => {
    loop = await startLoop(new Map([['he1', host]]), boards('one'), { onRead })
    await expect.poll(() => textOf(host, '/mnt/note')).toBe('one')
    fails = true
    await loop.commit(boards('two'))
    await expect.poll(() => loop.log).toContain('c2 unreadable: fork: Resource temporarily unavailable')
    fails = false
    const before = loop.gitTold()
    await expect.poll(() => textOf(host, '/mnt/note'), { timeout: 15_000 }).toBe('two')
    // Which ends what was told of it.
    expect(loop.gitTold()).toBe(before + 1)
  })

  it('keeps no controller from stopping', async () => {
    loop = await startLoop(new Map([['he1', host]]), boards('one'), { onRead })
    fails = true
    await loop.commit(boards('two'))
    await expect.poll(() => loop.log).toContain('c2 unreadable: fork: Resource temporarily unavailable')
    await loop.controller.stop()
    expect(loop.timers()).toBe(0)
  })
})
