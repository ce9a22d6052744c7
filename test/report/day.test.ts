import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { recorded } from '../faults/recorded.ts'
import { type CaughtMail, type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { longTest } from '../longTest.ts'
import { randomFrom } from '../random.ts'
import { type Fault, faultsOf, morning, stepSeconds } from './day/faults.ts'
import { type DayPlan, places } from './day/plan.ts'

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
vi.setConfig({ testTimeout: 600_000 })

let folder: string
let catcher: SmtpCatcher

beforeEach(async () => {
  // A kill leaves what was written, flushed or not: memory will do, and a day has ten thousand writes.
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'reeve-day-'))
  catcher = await startSmtpCatcher()
})
afterEach(async () => {
  await catcher[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

it('a day without a mail server, and killed at random, loses no alert and tells none twice', async () => {
  await endure(5, 20)
})
longTest('the same, killed 50 times', async () => {
  await endure(50, 200)
})

async function endure(kills: number, faultCount: number): Promise<void> {
  const random = randomFrom(seed)
  await catcher.setMode('down')
  const struck: string[] = []
  for (let n = 0; n < kills; n += 1) struck.push(await runAndKill(random, faultCount, kills - n))
  const why = `REEVE_TEST_SEED=${seed}, ${kills} kills: ${struck.join('; ')}`
  console.info(why)
  expect(await run({ ...planOf(faultCount), isEvening: false }), why).toEqual({ code: 0, signal: null, said: '' })
  await catcher.setMode('accept')
  // Once more it is killed, while it delivers a whole day.
  await runDelivering(random, faultCount)
  expect(await run({ ...planOf(faultCount), isEvening: true }), why).toEqual({ code: 0, signal: null, said: '' })
  const what = { class: 'SMTP down all day, and the controller killed', what: why, host: 'loopback' } as const
  await recorded(
    what,
    () => [],
    async () => expectAllTold(faultsOf(seed, faultCount), catcher.mails, why),
    kills,
  )
}

function planOf(faults: number): DayPlan {
  // In the middle of a step it was at most so far beyond what it noted: a clock does not go back.
  const progress = join(folder, 'now')
  const now = existsSync(progress) ? Number(readFileSync(progress, 'utf8')) : 0
  return { folder, smtpPort: catcher.port, seed, faults, fromSeconds: now === 0 ? morning : now + stepSeconds, isEvening: false }
}

/** One life, that ends at a place of its own or somewhere in its share of what is left of the day. */
async function runAndKill(random: () => number, faults: number, shares: number): Promise<string> {
  const { fromSeconds, ...rest } = planOf(faults)
  // It takes a while until somebody starts it again, and what is wrong by then may be more.
  const plan = { ...rest, fromSeconds: fromSeconds + Math.floor(240 * random()) }
  const place = random() < 0.6 ? places[Math.floor(random() * places.length)] : undefined
  if (place !== undefined) {
    const dieAt = { place, count: 1 + Math.floor(random() * (place.endsWith('save') ? 40 : 3)) }
    const { signal } = await run({ ...plan, dieAt })
    return `${dieAt.place} ${dieAt.count}${signal === null ? ' (the day ended first)' : ''}`
  }
  const end = plan.fromSeconds + ((morning + 86_400 - plan.fromSeconds) / shares) * random()
  const child = start(plan)
  while (child.exitCode === null && planOf(faults).fromSeconds < end) await new Promise((resolve) => setTimeout(resolve, 1 + 5 * random()))
  child.kill('SIGKILL')
  await once(child, 'close')
  return `at ${planOf(faults).fromSeconds - morning} s`
}

async function runDelivering(random: () => number, faults: number): Promise<void> {
  const child = start({ ...planOf(faults), isEvening: true })
  const closed = once(child, 'close')
  const enough = 1 + Math.floor(random() * 10)
  await Promise.race([closed, expect.poll(() => catcher.mails.length, { timeout: 60_000, interval: 1 }).toBeGreaterThanOrEqual(enough)])
  child.kill('SIGKILL')
  await closed
}

function start(plan: DayPlan) {
  const node = join(import.meta.dirname, '../../bin/node')
  return spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', node, join(import.meta.dirname, 'day/child.ts'), JSON.stringify(plan)], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
}

async function run(plan: DayPlan): Promise<{ readonly code: number | null; readonly signal: string | null; readonly said: string }> {
  const child = start(plan)
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const [code, signal] = await once(child, 'close')
  return { code, signal, said }
}

/** Each fault was told as new, and as over, by mails of one Message-ID each; mails of one Message-ID are the same letter for letter. */
function expectAllTold(faults: readonly Fault[], mails: readonly CaughtMail[], why: string): void {
  const byId = Map.groupBy(mails, ({ headers }) => headers['message-id'] ?? '')
  for (const [id, same] of byId)
    expect(new Set(same.map(({ headers, body }) => `${headers['subject']}\n${body}`)).size, `${why}; ${id}`).toBe(1)
  const letters = [...byId.values()].flatMap(([first]) => first ?? []).map(newsOf)
  const told = faults.map(({ summary }) => ({
    summary,
    asNew: letters.filter(({ came }) => came.includes(summary)).length,
    asOver: letters.filter(({ over }) => over.includes(summary)).length,
  }))
  expect(told, why).toEqual(faults.map(({ summary }) => ({ summary, asNew: 1, asOver: 1 })))
}

interface News {
  readonly came: readonly string[]
  readonly over: readonly string[]
}

/** What a mail tells of whom, in the words of the faults' summaries. */
function newsOf({ headers, body }: CaughtMail): News {
  const subject = headers['subject'] ?? ''
  const text = body.replaceAll('=\r\n', '').replaceAll('\r\n', '\n')
  if (subject.includes('still:')) return { came: [], over: [] }
  const lists = { came: listed(text, 'New'), over: listed(text, 'Over') }
  if (lists.came.length + lists.over.length > 0) return lists
  const was = /^Was: +(.+)$/m.exec(text)?.[1]
  return was === undefined ? { came: [alone(subject, text)], over: [] } : { came: [], over: [was] }
}

function listed(text: string, title: string): readonly string[] {
  const list = new RegExp(`^${title}:\n((?:  .+\n?)+)`, 'm').exec(text)?.[1] ?? ''
  return list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function alone(subject: string, text: string): string {
  const hypervisor = /(he\d+)/.exec(subject)?.[1]
  if (subject.includes('unreachable')) return `${hypervisor}: unreachable`
  const owner = /(Proxy\/p\d+)/.exec(text)?.[1]
  return subject.includes('drift') ? `${hypervisor}: drift of ${owner}` : `${hypervisor}: reconcile of ${owner} failed`
}
