import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBoard } from '../../controller/cli/board.ts'
import { createCommands } from '../../controller/cli/commands.ts'
import type { GitNews } from '../../controller/cli/reporter.ts'
import { createSuspensions, type Suspensions, suspendedByCommand } from '../../controller/cli/suspensions.ts'
import type { Commands, SuspendRequest } from '../../controller/http/source.ts'
import type { Observer } from '../../controller/loop/ports.ts'
import { reportOf } from '../../controller/loop/report.ts'
import { createStore, type Store } from '../../controller/store/store.ts'
import { textOf } from '../engine/deps.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { type Boards, type Loop, startLoop } from './neighbours/rig.ts'

let folder: string
let host: ShellHost
let store: Store
let suspensions: Suspensions
let loop: Loop
let commands: Commands
let nowSeconds: number
let board: ReturnType<typeof createBoard>

const log = { debug() {}, info() {}, warn() {}, error() {} }
const at = [{ hypervisor: 'he1' }]
const boards = (a: string, b: string): Boards => ({ a: { at, text: a, path: '/mnt/a' }, b: { at, text: b, path: '/mnt/b' } })
const pause = { seconds: 3600, reason: 'new disk', by: 'ann' }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reeve-suspension-'))
  nowSeconds = Date.now() / 1000
  host = await startShellHost()
  openStore()
})
afterEach(async () => {
  await loop.controller.stop()
  store[Symbol.dispose]()
  await host.close()
  rmSync(folder, { recursive: true, force: true })
})

function openStore(): void {
  store = createStore({ path: join(folder, 'h.sqlite'), retentionSeconds: 1e6, maxEntries: 999, log, nowSeconds: () => nowSeconds })
  suspensions = createSuspensions(store, () => nowSeconds)
}

async function start(first: Boards): Promise<void> {
  board = createBoard('test', {
    suspended: (manifest, hypervisors) => suspendedByCommand(suspensions.inForce(), manifest, hypervisors),
    hypervisorSuspended: () => undefined,
  })
  const observer: Observer<GitNews> = {
    onGit() {},
    onUnreadable() {},
    onHostError() {},
    onHostGone() {},
    onRevision: (revision) => board.onRevision(revision, { hash: revision.commit, author: 'Ann', subject: 's', atSeconds: 1 }),
    onCycle: (seen) => void board.onCycle(seen, reportOf(seen, Date.now() / 1000), new Map()),
    onProgress() {},
  }
  loop = await startLoop(new Map([['he1', host]]), first, { suspensions: () => suspensions.inForce(), observer })
  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  }
  commands = createCommands({
    board,
    controller: loop.controller,
    store,
    suspensions,
    askGit() {},
    nowSeconds: () => nowSeconds,
    after,
    randomHex: () => '01234567',
  })
}

const notes = async () => [await textOf(host, '/mnt/a'), await textOf(host, '/mnt/b')]
const ledger = () => textOf(host, '/var/lib/reeve/ledger')
const said = () => loop.log.at(-1) ?? ''
const told = () =>
  store
    .history({ sort: 'suspension', limit: 9 })
    .map(({ subject, detail }) => `${subject} ${(detail as { what: string; by: string }).what} ${(detail as { by: string }).by}`)

async function suspend(of: Omit<SuspendRequest, 'seconds' | 'reason' | 'by'>): Promise<void> {
  expect(await commands.suspend({ ...of, ...pause })).toMatchObject({
    ok: true,
    message: expect.stringContaining('nothing is being changed there now'),
  })
}

describe('a suspension', () => {
  it('of a manifest keeps its things as they are, and nothing else, until it is resumed', async () => {
    await start(boards('one', 'one'))
    await expect.poll(notes).toEqual(['one', 'one'])
    await suspend({ manifest: 'Board/a' })
    await loop.commit(boards('two', 'two'))
    await expect.poll(notes).toEqual(['one', 'two'])
    await expect.poll(said).toMatch(/^he1 withheld: Board\/a is suspended: new disk \(ann, until \d{4}-/)
    const conditions = board.view().resources.find(({ name }) => name === 'a')?.conditions
    expect(conditions?.find(({ type }) => type === 'Suspended')).toMatchObject({
      status: true,
      message: expect.stringContaining('new disk (ann'),
    })
    expect(conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: false, reason: 'Suspended' })
    expect(commands.resume({ manifest: 'Board/a' }, 'bob')).toMatchObject({ ok: true })
    await expect.poll(notes).toEqual(['two', 'two'])
    expect(told()).toEqual(['Board/a resumed bob', 'Board/a suspended ann'])
  })

  it.each([
    ['a hypervisor', { hypervisor: 'he1' }],
    ['the whole fleet', {}],
  ])('of %s leaves all on it as it is, the ledger too: what Git changed, removed and added, and what drifts', async (_name, of) => {
    await start(boards('one', 'one'))
    await expect.poll(notes).toEqual(['one', 'one'])
    await suspend(of)
    const before = await ledger()
    await host.run('echo drifted >/mnt/b')
    await loop.commit({ a: { at, text: 'two', path: '/mnt/a' }, c: { at, text: 'new', path: '/mnt/c' } })
    await expect.poll(said).toMatch(/^he1 held: suspended: new disk \(ann, until/)
    expect([...(await notes()), await textOf(host, '/mnt/c')]).toEqual(['one', 'drifted', 'absent'])
    expect(await ledger()).toBe(before)
    expect(board.view().hypervisors[0]?.withheld).toMatchObject([{ brake: 'Suspended' }])
    expect(commands.resume(of, 'ann')).toMatchObject({ ok: true })
    await expect.poll(() => textOf(host, '/mnt/c')).toBe('new')
    await expect.poll(() => textOf(host, '/mnt/a')).toBe('two')
  })

  it('of a manifest that Git gives up keeps what is its own', async () => {
    await start(boards('one', 'one'))
    await expect.poll(notes).toEqual(['one', 'one'])
    await suspend({ manifest: 'Board/b' })
    await host.run('rm /mnt/b')
    const before = await ledger()
    await loop.commit({ a: { at, text: 'two', path: '/mnt/a' } })
    await expect.poll(notes).toEqual(['two', 'absent'])
    expect(before).toContain('/mnt/b')
    await expect.poll(ledger).toContain('/mnt/b')
  })

  it('is answered when what was in hand has ended', async () => {
    await start(boards('one', 'one'))
    await expect.poll(notes).toEqual(['one', 'one'])
    await loop.commit({ a: { at, text: 'two', path: '/mnt/a', sleepSeconds: 1 }, b: { at, text: 'one', path: '/mnt/b' } })
    await expect.poll(() => textOf(host, '/mnt/a')).toBe('two')
    const cycles = loop.cycles.length
    await suspend({})
    expect(loop.cycles.length).toBeGreaterThan(cycles)
  })

  it('outlives the controller, and ends by itself', async () => {
    await start(boards('one', 'one'))
    await expect.poll(notes).toEqual(['one', 'one'])
    await suspend({ hypervisor: 'he1' })
    await loop.controller.stop()
    store[Symbol.dispose]()
    openStore()
    await start(boards('two', 'one'))
    await expect.poll(said).toMatch(/^he1 held/)
    expect(suspensions.expire()).toEqual([])
    nowSeconds += 3600
    expect(suspensions.expire()).toMatchObject([{ hypervisor: 'he1', reason: 'new disk' }])
    expect([suspensions.expire(), store.suspensions()]).toEqual([[], []])
    loop.controller.reconcileNow()
    await expect.poll(notes).toEqual(['two', 'one'])
  })

  it('of what the fleet does not have, and the end of what is not suspended, are refused with what was meant', async () => {
    await start(boards('one', 'one'))
    await expect.poll(() => board.view().hypervisors.length).toBe(1)
    expect(await commands.suspend({ hypervisor: 'he2', ...pause })).toEqual({
      ok: false,
      message: 'the fleet has no hypervisor he2; did you mean "he1"?',
    })
    expect(await commands.suspend({ manifest: 'Bord/a', ...pause })).toEqual({
      ok: false,
      message: 'the fleet has no manifest Bord/a; did you mean "Board/a" or "Board/b"?',
    })
    expect(commands.resume({ hypervisor: 'he1' }, 'ann')).toEqual({
      ok: false,
      message: 'he1 is not suspended by command; what is: nothing',
    })
    await suspend({})
    expect(commands.resume({ hypervisor: 'he1' }, 'ann')).toEqual({
      ok: false,
      message: 'he1 is not suspended by command; what is: the whole fleet',
    })
  })
})
