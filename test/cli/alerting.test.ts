import { beforeEach, describe, expect, it } from 'vitest'
import { type Alerting, createAlerting } from '../../controller/cli/alerting.ts'
import type { ControllerEvent } from '../../controller/model/event.ts'
import { manifestId } from '../../controller/model/ids.ts'
import type { Mail } from '../../controller/model/mail.ts'
import { createLog } from '../../controller/report/log.ts'
import { alertSettings } from '../report/day/plan.ts'
import { driftOfFile, hostFailed, report } from '../report/reports.ts'

/** What outlives a kill: the saved state, and the mails that the spool took. */
let saved: unknown
let spooled: Mail[]
let writes: number
let submit: (mail: Mail) => Promise<void>

beforeEach(() => {
  saved = undefined
  spooled = []
  writes = 0
  submit = async (mail) => void spooled.push(mail)
})

function start(): Alerting {
  return createAlerting({
    log: createLog({ level: 'error', destination: { write() {} } }),
    store: {
      loadState: () => structuredClone(saved),
      saveState: (_name, state) => {
        saved = structuredClone(state)
        writes++
      },
      record() {},
    },
    mailer: { submit: (mail) => submit(mail) },
    settings: alertSettings,
    silences: () => [],
  })
}

const drifts = (...names: readonly string[]) => ({ drift: names.map((name) => driftOfFile(`/etc/${name}`, manifestId('Proxy', name))) })
const tick = (atSeconds: number): ControllerEvent => ({ type: 'tick', atSeconds })
const textsOf = (mails: readonly Mail[]) => mails.map(({ text }) => text).join('\n')

/** Ends in the middle of a submission, and no line of it runs on. */
async function killedWhile(alerting: Alerting, event: ControllerEvent, spools: boolean): Promise<void> {
  const reached = Promise.withResolvers<void>()
  submit = (mail) => {
    if (spools) spooled.push(mail)
    reached.resolve()
    return new Promise<void>(() => {})
  }
  void alerting.handle(event)
  await reached.promise
  submit = async (mail) => void spooled.push(mail)
}

describe.each([
  ['before the spool had the mail', false],
  ['when the spool had it', true],
])('killed %s', (_name, spools) => {
  it('it tells what came before and what comes after, each under ids and in words of its own', async () => {
    const first = start()
    await first.handle(report(0, drifts('one')))
    await killedWhile(first, tick(30), spools)
    const next = start()
    await next.handle(report(40, drifts('one', 'two')))
    for (let second = 41; second < 700; second += 10) await next.handle(tick(second))
    const byId = Map.groupBy(spooled, ({ id }) => id)
    for (const same of byId.values()) expect(new Set(same.map(({ text }) => text)).size).toBe(1)
    const once = [...byId.values()].flatMap(([mail]) => mail ?? [])
    expect(once.length).toBe(2)
    expect(textsOf(once).match(/Proxy\/one: the host moved away/g)?.length).toBe(1)
    expect(textsOf(once).match(/Proxy\/two: the host moved away/g)?.length).toBe(1)
  })
})

it('what the spool does not take is offered again, and not every second', async () => {
  const alerting = start()
  let offered = 0
  submit = () => {
    offered += 1
    return Promise.reject(new Error('no space left on device'))
  }
  await alerting.handle(report(0, drifts('one')))
  for (let second = 1; second < 100; second += 1) await alerting.handle(tick(second)).catch(() => {})
  expect(offered).toBe(3)
  submit = async (mail) => void spooled.push(mail)
  const next = start()
  await next.handle(tick(101))
  expect(spooled.length).toBe(1)
  await next.handle(tick(102))
  expect(spooled.length).toBe(1)
})

it('what the spool did not take is offered again also when the clock went back meanwhile', async () => {
  const alerting = start()
  submit = () => Promise.reject(new Error('no space left on device'))
  for (const second of [1_000_000, 1_000_060]) await alerting.handle(report(second, drifts('one'))).catch(() => {})
  submit = async (mail) => void spooled.push(mail)
  for (const second of [100, 140]) await alerting.handle(tick(second))
  expect(spooled.length).toBe(1)
})

it('what stands and is seen again is written every half minute, and what is new at once', async () => {
  const alerting = start()
  for (const second of [0, 60, 120, 180]) await alerting.handle(hostFailed(second))
  const before = writes
  for (let second = 181; second < 210; second++) await alerting.handle(hostFailed(second))
  expect(writes).toBe(before)
  await alerting.handle(hostFailed(210))
  expect(writes).toBe(before + 1)
  await alerting.handle(report(211, drifts('one')))
  expect(writes).toBe(before + 2)
  expect(start().state.alerts.map(({ key }) => key)).toEqual(alerting.state.alerts.map(({ key }) => key))
})

it.each([[{ version: 2 }], ['text'], [{ version: 2, alerts: [], past: [], groups: [], outbox: [{ id: 7 }, null] }]])(
  'what is saved and is no state (%j) is nothing',
  async (value) => {
    saved = value
    await start().handle(tick(1))
    expect(spooled).toEqual([])
  },
)
