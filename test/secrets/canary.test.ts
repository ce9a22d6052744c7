import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createBoard } from '../../controller/cli/board.ts'
import { createReporter } from '../../controller/cli/reporter.ts'
import type { Mailer } from '../../controller/mail/mailer.ts'
import type { OpenSecret } from '../../controller/model/secrets.ts'
import { createLog } from '../../controller/report/log.ts'
import { createMetrics } from '../../controller/report/metrics.ts'
import { createPaint } from '../../controller/report/paint.ts'
import { planJson, renderPlan } from '../../controller/report/plan.ts'
import { createVault, makeIdentity, sealSecret } from '../../controller/secrets/age.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { createStore, type Store } from '../../controller/store/store.ts'
import { textOf } from '../engine/deps.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { type Boards, type Loop, startLoop } from '../loop/neighbours/rig.ts'
import { atOnce } from '../report/reports.ts'

// A secret that nobody could write by chance goes through a whole controller, with all that tells people of it, to a real shell: then it is looked for.
const canary = 'canary-4f9c2e71b8d64a05'
const next = 'canary-0b7d51e6c3a94f28'
const base64 = [canary, next].map((text) => Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -1))
const needles = [canary, next, ...base64]

const folder = mkdtempSync(join(tmpdir(), 'reeve-canary-'))
const told: string[] = []
let host: ShellHost
let store: Store
let loop: Loop | undefined
let open: OpenSecret
let recipient: string
let settled: () => Promise<void>
let shown: () => Promise<readonly string[]>

beforeEach(async () => {
  told.length = 0
  host = await startShellHost()
  const identity = await makeIdentity()
  recipient = identity.recipient
  open = createVault([identity.identity], 'the file').open
})
afterEach(async () => {
  await loop?.controller.stop()
  await settled()
  store[Symbol.dispose]()
  await host.close()
  rmSync(folder, { recursive: true, force: true })
})

const boards = (more: Partial<Boards[string]> = {}): Boards => ({
  key: { at: [{ hypervisor: 'he1' }], path: '/mnt/key', text: '', secretRef: 'key', ...more },
})
const sealed = async (value: string) => ({ 'secrets/key.age': Buffer.from(await sealSecret(new Secret(value), [recipient])) })

/** A controller with all that tells people: log, history, metrics, status, mails. */
async function start(): Promise<Loop> {
  const log = createLog({ level: 'debug', destination: { write: (line) => void told.push(line) } })
  store = createStore({
    path: join(folder, 'history.sqlite'),
    retentionSeconds: 1e6,
    maxEntries: 1000,
    log,
    nowSeconds: () => Date.now() / 1000,
  })
  const metrics = createMetrics()
  const board = createBoard('test')
  const mailer = { submit: async (mail: unknown) => void told.push(JSON.stringify(mail)) } as unknown as Mailer
  const reporter = createReporter({
    log,
    store,
    metrics,
    board,
    mailer,
    nowSeconds: () => Date.now() / 1000,
    alerts: { graceSeconds: {}, settleSeconds: 600, ...atOnce },
    silences: () => [],
    commitInfo: async (hash) => ({ hash, author: 'Ann', subject: 'A key', atSeconds: 1 }),
  })
  settled = reporter.settled
  shown = async () => [await metrics.text(), JSON.stringify(board.view()), JSON.stringify(store.history({ limit: 1000 }))]
  loop = await startLoop(new Map([['he1', host]]), boards(), { more: await sealed(canary), openSecret: open, observer: reporter })
  return loop
}

/** Looks at every process of this machine until it is told to stop; answers where the secret stood. */
function watchProcesses(): () => readonly string[] {
  const found = new Set<string>()
  const timer = setInterval(() => {
    for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      for (const part of ['cmdline', 'environ'])
        if (id !== String(process.pid) && needles.some((needle) => read(`/proc/${id}/${part}`).includes(needle)))
          found.add(`${part} ${read(`/proc/${id}/comm`)}`)
  }, 100)
  return () => {
    clearInterval(timer)
    return [...found]
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

it('a secret is found on its target and nowhere else: neither while it is written, nor changed, nor refused with its text', async () => {
  const stopWatching = watchProcesses()
  const made = await start()
  const eventually = (text: string) => expect.poll(() => textOf(host, '/mnt/key'), { timeout: 30_000, interval: 300 }).toBe(text)
  await eventually(canary)
  await made.commit(boards(), undefined, await sealed(next))
  await eventually(next)
  await host.run('echo drifted >/mnt/key')
  made.controller.reconcileNow()
  await eventually(next)
  await made.commit(boards({ checks: true, path: '/mnt/checked' }), undefined, await sealed(canary))
  await expect
    .poll(() => made.log.join('\n'), { timeout: 30_000, interval: 300 })
    .toContain('could not check the file: line 1 is wrong: «secret»')
  await expect
    .poll(() => host.run('ls -A /var/lib/reeve/journal').then(({ stdout }) => stdout), { timeout: 30_000, interval: 300 })
    .toBe('')
  // What left Git goes, although nobody but the controller could tell that it is as Reeve wrote it.
  expect(await textOf(host, '/mnt/key')).toBe('absent')
  await settled()

  expect(stopWatching()).toEqual([])
  const pattern = needles.map((needle) => `-e '${needle}'`).join(' ')
  const { stdout } = await host.run(`grep -rlF ${pattern} /mnt /var/lib/reeve /run/reeve /etc/reeve 2>/dev/null`)
  expect(stdout.trim()).toBe('')
  const all = [
    ...told,
    ...(await shown()),
    ...made.log,
    ...made.cycles.flatMap((cycle) => [renderPlan(cycle.plan, createPaint(false)), JSON.stringify(planJson(cycle))]),
    ...filesOf(folder),
  ]
  expect(all.join('').length).toBeGreaterThan(2000)
  expect(all.filter((text) => needles.some((needle) => text.includes(needle)))).toEqual([])
  expect(told.join('')).toContain('«secret»')
}, 60_000)

function filesOf(path: string): readonly string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true }).flatMap((entry) =>
    entry.isFile() ? [read(join(entry.parentPath, entry.name))] : [],
  )
}
