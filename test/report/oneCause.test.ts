import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Alerting, createAlerting } from '../../controller/cli/alerting.ts'
import { createMailer, type Mailer } from '../../controller/mail/mailer.ts'
import type { ControllerEvent, FailedTransaction } from '../../controller/model/event.ts'
import { hypervisorName, manifestId } from '../../controller/model/ids.ts'
import { createLog } from '../../controller/report/log.ts'
import { createStore, type Store } from '../../controller/store/store.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { alertSettings, smarthostOn } from './day/plan.ts'
import { driftOfFile, report } from './reports.ts'

const he1 = hypervisorName('he1')
const owners = Array.from({ length: 500 }, (_, n) => manifestId('Proxy', `p${n}`))
const diskFull = 'cannot write: No space left on device'

let folder: string
let catcher: SmtpCatcher
let store: Store
let mailer: Mailer
let alerting: Alerting
let nowSeconds: number
let mailsAt: number[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-cause-'))
  nowSeconds = 1_700_000_000
  mailsAt = []
  catcher = await startSmtpCatcher({ onMail: () => void mailsAt.push(nowSeconds) })
  const log = createLog({ level: 'error' })
  store = createStore({ path: join(folder, 'history.sqlite'), retentionSeconds: 1e9, maxEntries: 1000, log, nowSeconds: () => nowSeconds })
  const retry = { firstSeconds: 5, maxSeconds: 900, giveUpSeconds: 1e6 }
  mailer = await createMailer({ dir: join(folder, 'mail'), smarthost: smarthostOn(catcher.port), retry, log, nowSeconds: () => nowSeconds })
  alerting = createAlerting({ log, store, mailer, settings: alertSettings, silences: () => [] })
})
afterEach(async () => {
  await mailer[Symbol.asyncDispose]()
  store[Symbol.dispose]()
  await catcher[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** Time goes by, second by second, and what `at` gives for a second happens in it. */
async function live(seconds: number, at: (second: number) => readonly ControllerEvent[]): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    nowSeconds += 1
    for (const event of [...at(second), { type: 'tick', atSeconds: nowSeconds } as const]) await alerting.handle(event)
    await mailer.flush()
  }
}

const subjects = () => catcher.mails.map(({ headers }) => headers['subject'] ?? '')

/** So many of the 500 failed by now. */
function failing(count: number): ControllerEvent {
  const failed = owners.slice(0, count).map(
    (owner): FailedTransaction => ({
      target: { hypervisor: he1 },
      owners: [owner],
      changes: [driftOfFile(`/etc/nginx/${owner}`, owner)],
      outcome: { status: 'failed', step: 'write', exitCode: 1, stderr: diskFull, undone: true },
    }),
  )
  return report(nowSeconds, { failed, result: 'error' })
}

function unreachable(): ControllerEvent {
  return { type: 'hostFailed', hypervisor: he1, kind: 'timeout', message: 'connection timed out', atSeconds: nowSeconds }
}

it('500 resources that fail because one disk is full, one after the other, are one mail within a minute and one that it is over', async () => {
  const began = nowSeconds
  // All of them within the first twenty seconds, then as it is for half an hour.
  await live(1800, (second) => ((second < 25 ? second % 5 === 0 : second % 60 === 0) ? [failing(Math.min(500, 100 + second * 20))] : []))
  expect(subjects()).toEqual(['[reeve] he1: reconcile failed: 500 causes'])
  expect((mailsAt[0] ?? 0) - began).toBeLessThanOrEqual(60)
  const text = catcher.mails[0]?.body.replaceAll('=\r\n', '') ?? ''
  expect(text).toContain('500 new, 0 over, 500 standing')
  expect(text).toContain(diskFull)
  expect(text).toContain('[450 more]')
  const mended = nowSeconds
  await live(1800, (second) => (second % 60 === 0 ? [report(nowSeconds)] : []))
  expect(subjects().slice(1)).toEqual(['[reeve] resolved: he1: reconcile failed: 500 causes'])
  expect((mailsAt[1] ?? 0) - mended).toBeLessThanOrEqual(60)
  expect(catcher.mails[1]?.headers['references']).toBe(catcher.mails[0]?.headers['message-id'])
}, 60_000)

it('500 resources on a hypervisor that cannot be reached are one mail about it, and one when it is back', async () => {
  const began = nowSeconds
  await live(1, () => [failing(500)])
  await live(1800, (second) => (second % 20 === 0 ? [unreachable()] : []))
  expect(subjects()).toEqual(['[reeve] he1: unreachable'])
  expect((mailsAt[0] ?? 0) - began).toBeLessThanOrEqual(60)
  await live(1800, (second) => (second % 60 === 0 ? [report(nowSeconds)] : []))
  expect(subjects().slice(1)).toEqual(['[reeve] resolved: he1: unreachable'])
}, 60_000)

it('500 errors of one commit are one mail, and one when the next commit is right', async () => {
  const commit = { hash: 'c0ffee'.padEnd(40, '0'), author: 'Ann', subject: 'Move all', atSeconds: nowSeconds }
  const diagnostics = owners.map((owner, n) => ({
    severity: 'error' as const,
    at: { file: `${owner}.yaml`, line: n + 1, column: 1 },
    path: 'spec',
    summary: 'is not allowed here',
  }))
  const began = nowSeconds
  await live(600, (second) => (second === 0 ? [{ type: 'committed', commit, diagnostics, atSeconds: nowSeconds }] : []))
  expect(subjects().length).toBe(1)
  expect((mailsAt[0] ?? 0) - began).toBeLessThanOrEqual(60)
  await live(600, (second) => (second === 0 ? [{ type: 'committed', commit, diagnostics: [], atSeconds: nowSeconds }] : []))
  expect(subjects().slice(1)).toEqual([subjects()[0]?.replace('[reeve] ', '[reeve] resolved: ')])
}, 60_000)
