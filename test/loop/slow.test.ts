import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { HostHandle } from '../../controller/loop/ports.ts'
import { askSlowVitals, currentReadings, dueVitals, type SlowAnswers } from '../../controller/loop/slow.ts'
import { hypervisorName, manifestId } from '../../controller/model/ids.ts'
import type { OwnedVital } from '../../controller/model/kind.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import { type Script, sh } from '../../controller/shell/sh.ts'

const he1 = hypervisorName('he1')
const boundary = '0123456789abcdef0123456789abcdef'

function vital(id: string, probe: Script, more: Partial<OwnedVital> = {}): OwnedVital {
  const assess = () => ({ healthy: true, reason: '', message: '', samples: [] })
  return { id, owner: manifestId('Volume', id), target: { hypervisor: he1 }, pace: 'slow', probe, assess, ...more }
}

function desired(...vitals: readonly OwnedVital[]): DesiredState {
  return { hypervisor: he1, fleet: 'f', commit: '', items: [], vitals }
}

/** Runs the message in a real shell that ends with it; the other ways to a host are not for this. */
function shellHost(): HostHandle & { readonly messages: readonly string[] } {
  const messages: string[] = []
  const never = () => Promise.reject(new Error('not over the kept-open shell'))
  return {
    messages,
    exchange: never,
    tell: () => {},
    ask: () => Promise.resolve({ ok: false, message: '' }),
    sessionId: () => 0,
    [Symbol.asyncDispose]: () => Promise.resolve(),
    async freshExchange({ text }) {
      messages.push(text)
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', text], { maxBuffer: 1 << 26 })
      return stdout
    },
  }
}

const space = vital('space', sh`echo 7`)
const disks = vital('disks', sh`echo 9`, { everySeconds: 1800 })

describe('slow vitals', () => {
  test('are asked all in one message, beside the shell of the cycles, and one that fails takes no other with it', async () => {
    const host = shellHost()
    const broken = vital('broken', sh`echo half; return 4`)
    const answers = await askSlowVitals([space, broken, disks], host, boundary, 100)
    expect(host.messages).toHaveLength(1)
    expect([...answers.values()].map(({ reading }) => reading)).toEqual([
      { status: 'read', stdout: '7\n', reason: '' },
      { status: 'unknown', stdout: '', reason: 'its probe failed with status 4' },
      { status: 'read', stdout: '9\n', reason: '' },
    ])
  })

  test('are unknown where the host cannot be reached, each with the reason', async () => {
    const host = { ...shellHost(), freshExchange: () => Promise.reject(new Error('he1 does not answer')) }
    const answers = await askSlowVitals([space], host, boundary, 100)
    expect([...answers.values()]).toEqual([
      { probe: 'echo 7', askedSeconds: 100, reading: { status: 'unknown', stdout: '', reason: 'he1 does not answer' } },
    ])
  })

  test('are unknown where the answer is cut', async () => {
    const host = { ...shellHost(), freshExchange: () => Promise.resolve(`${boundary} begin vital-0\n7\n`) }
    const answers = await askSlowVitals([space], host, boundary, 100)
    expect([...answers.values()][0]?.reading).toMatchObject({ status: 'unknown', reason: 'its probe did not end in time' })
  })

  test('that are inside a container which does not run are unknown', async () => {
    const inside = vital('inside', sh`echo 7`, { target: { hypervisor: he1, inside: 'no-such-box' as never, provider: 'lxc' } })
    const answers = await askSlowVitals([inside], shellHost(), boundary, 100)
    expect([...answers.values()][0]?.reading).toMatchObject({ status: 'unknown', reason: 'container no-such-box is not running' })
  })

  test.each<readonly [string, number, readonly string[]]>([
    ['at first all', 0, ['space', 'disks']],
    ['before their time none', 399, []],
    ['each at its own pace', 400, ['space']],
    ['in the end all', 1900, ['space', 'disks']],
  ])('have their turn: %s', async (_name, nowSeconds, due) => {
    const answers: SlowAnswers = nowSeconds === 0 ? new Map() : await askSlowVitals([space, disks], shellHost(), boundary, 100)
    expect(dueVitals(desired(space, disks), answers, nowSeconds).map(({ id }) => id)).toEqual(due)
  })

  test('that were not read at all are tried again sooner', async () => {
    const host = { ...shellHost(), freshExchange: () => Promise.reject(new Error('he1 does not answer')) }
    const answers = await askSlowVitals([disks], host, boundary, 100)
    expect(dueVitals(desired(disks), answers, 399)).toEqual([])
    expect(dueVitals(desired(disks), answers, 400)).toEqual([disks])
  })

  test('that ask something else now are due, and their old answer counts no more', async () => {
    const answers = await askSlowVitals([space, disks], shellHost(), boundary, 100)
    const moved = { ...space, probe: sh`echo 8` }
    expect(dueVitals(desired(moved, disks), answers, 101).map(({ id }) => id)).toEqual(['space'])
    expect([...currentReadings(desired(moved, disks), answers).values()]).toEqual([{ status: 'read', stdout: '9\n', reason: '' }])
  })

  test('of another pace are not asked here', () => {
    expect(dueVitals(desired({ ...space, pace: 'trip' }, { ...disks, pace: 'fromController' }), new Map(), 0)).toEqual([])
  })
})
