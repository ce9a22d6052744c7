import { describe, expect, it } from 'vitest'
import { createTimedMails, type TimedMailsDeps, workOf } from '../../controller/cli/timedMails.ts'
import type { Mail } from '../../controller/model/mail.ts'
import type { StatusView } from '../../controller/model/status.ts'

const hour = 3600
/** 2026-11-22 06:00 UTC. */
const morning = 1_795_327_200
const status: StatusView = {
  fleet: 'f',
  commit: null,
  refused: null,
  errors: [],
  hypervisors: [],
  resources: [],
  silences: [],
  suspensions: [],
}

function world(config: TimedMailsDeps['config']) {
  const mails: Mail[] = []
  const states = new Map<string, unknown>()
  const warned: string[] = []
  const now = { seconds: morning, isReady: true }
  const start = () =>
    createTimedMails({
      config,
      mailer: { submit: async (mail) => void mails.push(mail) },
      store: { history: () => [], loadState: (name) => states.get(name), saveState: (name, state) => states.set(name, state), record() {} },
      log: { debug() {}, info() {}, warn: (_fields, message) => warned.push(message), error() {} },
      status: () => status,
      alerts: () => [],
      readiness: () => ({ isReady: now.isReady, reason: 'no commit was loaded yet' }),
      nowSeconds: () => now.seconds,
    })
  return { mails, warned, now, start }
}

async function pass({ now }: ReturnType<typeof world>, timed: { tick(): Promise<void> }, seconds: number): Promise<void> {
  for (const end = now.seconds + seconds; now.seconds < end; now.seconds += 60) await timed.tick()
}

describe('mails by the clock', () => {
  it('the digest comes once a day, at its hour in its time zone, also over a change of clocks', async () => {
    const all = world({ digest: { cron: '0 8 * * *', timeZone: 'Europe/Berlin' } })
    // The last Sunday of March 2027: 8 o'clock is 7:00 UTC before and 6:00 UTC after.
    all.now.seconds = Date.UTC(2027, 2, 27, 0) / 1000
    await pass(all, all.start(), 48 * hour)
    expect(all.mails.map(({ id }) => new Date(Number(id.split('.')[1]) * 1000).toISOString())).toEqual([
      '2027-03-27T07:00:00.000Z',
      '2027-03-28T06:00:00.000Z',
    ])
  })

  it('a restart repeats none; one that fell due while Reeve was down is sent when it is back, once', async () => {
    const all = world({ digest: { cron: '0 7 * * *', timeZone: 'UTC' } })
    await pass(all, all.start(), 2 * hour)
    await pass(all, all.start(), hour)
    expect(all.mails).toHaveLength(1)
    all.now.seconds += 60 * hour
    await pass(all, all.start(), hour)
    expect(all.mails).toHaveLength(2)
  })

  it('a clock that goes back by years does not keep them away until it is there again', async () => {
    const all = world({ deadMan: { cron: '0 * * * *', timeZone: 'UTC', to: ['deadman@example.org'] } })
    all.now.seconds += 9000 * 24 * hour
    await pass(all, all.start(), 2 * hour)
    expect(all.mails).toHaveLength(1)
    all.now.seconds = morning
    await pass(all, all.start(), 3 * hour)
    expect(all.mails).toHaveLength(3)
  })

  it('none is sent for a time that was past when it was first asked for, or before another one was', async () => {
    const all = world({ digest: { cron: '0 5 * * *', timeZone: 'UTC' } })
    await pass(all, all.start(), hour)
    expect(all.mails).toEqual([])
  })

  it("the dead-man's mail goes to its own receivers", async () => {
    const all = world({ deadMan: { cron: '0 * * * *', timeZone: 'UTC', to: ['ring@example.org'] } })
    await pass(all, all.start(), 3 * hour)
    expect(all.mails.map(({ to, subject }) => [to, subject])).toEqual(Array(2).fill([['ring@example.org'], '[reeve] f: Reeve is alive']))
  })

  it("the dead-man's mail stays away while Reeve does not do its work, which is logged once", async () => {
    const all = world({ deadMan: { cron: '0 * * * *', timeZone: 'UTC' } })
    const timed = all.start()
    await timed.tick()
    all.now.isReady = false
    await pass(all, timed, 5 * hour)
    expect([all.mails, all.warned]).toEqual([[], ["the dead-man's mail is held back: Reeve does not do its work"]])
    all.now.isReady = true
    await pass(all, timed, 60)
    expect(all.mails).toHaveLength(1)
  })
})

describe('whether Reeve does its work', () => {
  const ready = { isReady: true, reason: '' }
  const host = (isUp: boolean, lastCycleSeconds: number | null) => ({
    name: 'he1',
    isUp,
    lastResult: null,
    lastCycleSeconds,
    message: '',
    withheld: [],
    suspended: null,
  })
  it.each([
    ['yes, where a hypervisor was looked at', [host(true, 950)], true],
    ['yes, where one was, and another was not', [host(true, 950), host(true, 1)], true],
    ['yes, where none answers: that has alerts of its own', [host(false, 1)], true],
    ['no, where nothing was looked at for long', [host(true, 800)], false],
  ])('%s', (_name, hypervisors, isReady) => {
    expect(workOf(ready, { hypervisors }, 1000, 100).isReady).toBe(isReady)
  })
})
