import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLifeMark, type LifeMark } from '../../controller/cli/lifeMark.ts'
import { createSupervisor } from '../../controller/cli/supervisor.ts'
import { renderUncleanStop } from '../../controller/report/uncleanMail.ts'
import { temporaryDirectory } from '../machine/shell.ts'

let folder: ReturnType<typeof temporaryDirectory>
let now = 1000
let file: string

beforeEach(() => {
  folder = temporaryDirectory()
  file = join(folder.path, 'running.json')
  now = 1000
})
afterEach(() => folder[Symbol.dispose]())

function run(): LifeMark {
  return createLifeMark({ file, pid: 4711, nowSeconds: () => now })
}

describe('a run that did not end in order', () => {
  it('is told by the next one: since when it ran, when it was seen last, and what it had in hand', () => {
    const killed = run()
    expect(killed.begin()).toBeUndefined()
    now = 1004
    killed.alive()
    now = 1100
    killed.alive()
    killed.note('he1', 'he1: 2 changes')
    killed.note('he2', 'he2: 1 change')
    killed.note('he2', undefined)
    now = 9000
    const stop = run().begin()
    expect(stop).toEqual({ startedSeconds: 1000, aliveSeconds: 1100, inHand: [{ hypervisor: 'he1', doing: 'he1: 2 changes' }] })
    const mail = renderUncleanStop(stop ?? { startedSeconds: 0, aliveSeconds: 0, inHand: [] }, now)
    expect(mail.text).toContain('Seen last: 1970-01-01 00:18:20 UTC')
    expect(mail.text).toContain('he1: 2 changes')
  })

  it('that ended in order leaves nothing', () => {
    const first = run()
    first.begin()
    first.end()
    first.alive()
    first.note('he1', 'too late')
    expect(existsSync(file)).toBe(false)
    expect(run().begin()).toBeUndefined()
  })

  it('is known even where the mark is torn', () => {
    for (const torn of ['', '{"format":1,"pid"', '[]', 'null', '{"format":1,"startedSeconds":"x"}']) {
      writeFileSync(file, torn)
      expect(run().begin()).toEqual({ startedSeconds: 0, aliveSeconds: 0, inHand: [] })
    }
  })

  it('of a newer Reeve is not taken for one of this one', () => {
    writeFileSync(file, '{"format":2,"somethingElse":true}')
    expect(() => run().begin()).toThrow(/newer Reeve \(format 2, this one knows 1\)/)
    expect(readFileSync(file, 'utf8')).toContain('somethingElse')
  })
})

describe('the service manager', () => {
  function start(environment: Record<string, string | undefined>) {
    const said: string[] = []
    const feeds: { ms: number; work: () => void }[] = []
    const supervisor = createSupervisor({
      environment,
      notify: (words, socket) => said.push(`${socket} ${words.join(' ')}`),
      every(ms, work) {
        feeds.push({ ms, work })
        return { [Symbol.dispose]: () => void feeds.pop() }
      },
    })
    return { said, feeds, supervisor }
  }

  it('hears when Reeve is ready, that it lives, and that it stops; its socket is for no child', () => {
    const environment = { NOTIFY_SOCKET: '/run/n', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1', PATH: '/bin' }
    const { said, feeds, supervisor } = start(environment)
    supervisor.ready()
    for (const { ms, work } of feeds) {
      expect(ms).toBe(20_000)
      work()
    }
    supervisor.stopping()
    expect(said.map((one) => one.split(' ')[1])).toEqual(['--ready', 'WATCHDOG=1', 'STOPPING=1'])
    expect(environment).toEqual({ PATH: '/bin' })
    supervisor[Symbol.dispose]()
    expect(feeds).toEqual([])
  })

  it('where there is none, nothing is run', () => {
    const { said, feeds, supervisor } = start({ PATH: '/bin' })
    supervisor.ready()
    supervisor.stopping()
    expect([said, feeds]).toEqual([[], []])
  })
})
