import { compactLedger, entryLine, headerLine, parseLedger, removedLine } from '../../../controller/engine/ledger.ts'
import type { PrimitiveId } from '../../../controller/model/ids.ts'
import type { Ledger, LedgerEntry, LedgerHeader } from '../../../controller/model/ledger.ts'
import type { Storage } from './storage.ts'

/** What the apply script does on a host, write by write: between any two `yield`s others act, and the power may go. */

export const ledgerFile = 'ledger'

export interface ModelChange {
  readonly item: string
  readonly before: string | undefined
  readonly after: string | undefined
}

export interface ModelTransaction {
  readonly changes: readonly ModelChange[]
  /** `disk` and `timer`: a change that can lock out, with its undo armed. */
  readonly verdict: 'none' | 'probe' | 'timer' | 'disk'
  /** Which of its changes fails; more than it has: none. */
  readonly failsAt: number
  readonly needs: readonly number[]
}

export interface ModelPlan {
  readonly id: string
  readonly header: LedgerHeader
  readonly transactions: readonly ModelTransaction[]
  readonly last: ReadonlyMap<string, LedgerEntry>
  /** The ledger as it is delivered anew. */
  readonly compacted: Ledger | undefined
}

export interface Process {
  readonly name: string
  readonly plan: ModelPlan
  readonly work: Generator<void, void, void>
  readonly locks: Set<string>
}

export interface ModelHost {
  readonly storage: Storage
  /** /run, lost at a reboot. */
  readonly run: { fence: number; turn: string; turns: number }
  readonly locks: Map<string, Process>
  processes: Process[]
  timers: { readonly at: number; readonly plan: ModelPlan; readonly position: number }[]
  boot: number
  now: number
  /** What this host leaves out, to see that it is missed. */
  readonly without: Omission | undefined
  /** Told where an apply's begin is on the disk. */
  begun(plan: ModelPlan): void
  /** Told before each change of an item. */
  writes(process: Process, item: string, value: string | undefined): void
}

/** Parts of the protocol that nothing else stands in for. */
export const omissions = [
  'host lock',
  'stale check',
  'fence',
  'look whether it is over',
  'lock of the timer',
  'undo at boot of what was begun to be undone',
  'flush of the begin',
  'flush of before-images',
  'mending',
  'one verdict for all',
  'the word that came as its script died',
  'flush of the end',
  'telling the ledger again',
  'look whether it began',
  'look whether another one began',
] as const

export type Omission = (typeof omissions)[number]

type Work = Generator<void, void, void>
type Ask<T> = Generator<void, T, void>

export const journalOf = (plan: { readonly id: string }): string => `journal/${plan.id}/`
export const fileOf = (item: string): string => `item/${item}`

export function stateOf({ storage }: ModelHost, plan: ModelPlan, position: number): string {
  const text = storage.read(`${journalOf(plan)}state-${position}`)
  if (text === undefined) return 'open'
  return text.includes('\n') ? text.trim() : 'begun'
}

export function entryOf(plan: ModelPlan, item: string, value: string, state: LedgerEntry['state']): LedgerEntry {
  return {
    target: 'he1',
    id: `note:/${item}` as PrimitiveId,
    owners: [`Note/${item}`],
    files: ['one.yaml'],
    fields: { text: value },
    deletionPolicy: 'Delete',
    state,
    commit: plan.header.commit,
  }
}

/** Puts a process on the host: it runs when it is given its steps. */
export function start(host: ModelHost, name: string, plan: ModelPlan, body: (process: Process) => Work): Process {
  const process: Process = { name, plan, locks: new Set(), work: work() }
  function* work(): Work {
    yield* body(process)
  }
  host.processes.push(process)
  return process
}

export function ended(host: ModelHost, process: Process): void {
  for (const lock of process.locks) host.locks.delete(lock)
  host.processes = host.processes.filter((one) => one !== process)
}

function holds(host: ModelHost, process: Process, lock: string): boolean {
  const holder = host.locks.get(lock)
  if (holder !== undefined && holder !== process) return false
  host.locks.set(lock, process)
  process.locks.add(lock)
  return true
}

function* take(host: ModelHost, process: Process, lock: string): Work {
  while (!holds(host, process, lock)) yield
}

function letGo(host: ModelHost, process: Process, lock: string): void {
  process.locks.delete(lock)
  host.locks.delete(lock)
}

/** A journal that somebody removed while this waited for its lock. */
function isOver({ storage, without }: ModelHost, plan: ModelPlan): boolean {
  if (without === 'look whether it is over') return false
  return storage.read(`${journalOf(plan)}apply`) === undefined || (storage.read(`${journalOf(plan)}state`) ?? '').includes('\n')
}

/** `apply run` */
export function* applyRun(host: ModelHost, process: Process): Work {
  const { plan } = process
  const { storage } = host
  yield* take(host, process, `${plan.id} run`)
  yield* take(host, process, `${plan.id} lock`)
  if (isOver(host, plan)) return
  if (host.without !== 'host lock' && !holds(host, process, 'host')) return yield* close(host, plan, 'refused busy')
  turn(host, plan)
  yield* mend(host)
  const refusal = refusalOf(host, plan)
  if (refusal !== undefined) return yield* close(host, plan, refusal)
  if (plan.compacted !== undefined) storage.rename(`${journalOf(plan)}ledger`, ledgerFile)
  yield
  storage.write(`${journalOf(plan)}begun`, 'begun\n')
  storage.sync(`${journalOf(plan)}begun`)
  yield
  storage.append(ledgerFile, lines([headerLine(plan.header), ...plan.transactions.flatMap((each) => begunLines(plan, each))]))
  yield
  if (host.without !== 'flush of the begin') storage.sync(ledgerFile)
  host.begun(plan)
  yield
  let isStuck = false
  for (const position of plan.transactions.keys()) isStuck = !(yield* transaction(host, process, position)) || isStuck
  if (isStuck) turn(host, plan)
  else yield* close(host, plan, 'closed')
}

/** `apply recover EPOCH` */
export function* applyRecover(host: ModelHost, process: Process, epoch: number): Work {
  const { plan } = process
  yield* take(host, process, `${plan.id} run`)
  yield* take(host, process, `${plan.id} lock`)
  if (isOver(host, plan)) return
  yield* take(host, process, 'host')
  if (isFenced(host, epoch)) return
  turn(host, plan)
  yield* mend(host)
  let isStuck = false
  for (const position of [...plan.transactions.keys()].reverse()) isStuck = !(yield* recovered(host, process, position)) || isStuck
  disarm(host, plan)
  yield* bump(host)
  if (isStuck) turn(host, plan)
  else yield* close(host, plan, 'recovered')
}

function* recovered(host: ModelHost, process: Process, position: number): Ask<boolean> {
  const { plan } = process
  const { storage } = host
  const [state = ''] = stateOf(host, plan, position).split(' ')
  yield
  if (['done', 'skipped', 'refused', 'failed', 'undone'].includes(state)) {
    // What the ledger was told of it may not have reached the disk, where its state has.
    if (host.without !== 'telling the ledger again') yield* ledger(host, plan, position, state === 'done' ? 'done' : 'undone')
    return true
  }
  if (state === 'open') {
    yield* ledger(host, plan, position, 'undone')
    yield* setState(host, plan, position, 'skipped interrupted')
    return true
  }
  const isSaid = storage.read(`${journalOf(plan)}confirmed`) !== undefined && host.without !== 'the word that came as its script died'
  if (state === 'confirmed' || (state === 'awaiting' && isSaid)) return yield* conclude(host, process, position, 0)
  return yield* undoFrom(host, process, position, 'undone interrupted')
}

/** `apply expire N`: by the timer or at boot. Whoever is at work on this journal, or on the host, comes first. */
export function* applyExpire(host: ModelHost, process: Process, position: number): Work {
  const { plan } = process
  const { storage } = host
  const isFirst = storage.rename(`${journalOf(plan)}armed`, `${journalOf(plan)}undone`)
  const isBegun = storage.read(`${journalOf(plan)}undone`) !== undefined && host.without !== 'undo at boot of what was begun to be undone'
  if (!isFirst && !isBegun) return
  yield
  if (host.without !== 'lock of the timer') yield* take(host, process, 'host')
  if (isOver(host, plan) || !['begun', 'awaiting'].includes(stateOf(host, plan, position))) return
  turn(host, plan)
  yield* undo(host, process, position)
  yield* setState(host, plan, position, 'expired silence')
  storage.sync(...storage.list(journalOf(plan)))
  turn(host, plan)
}

function* transaction(host: ModelHost, process: Process, position: number): Ask<boolean> {
  const { plan } = process
  const { storage } = host
  const asked = plan.transactions[position] as ModelTransaction
  const unmet = asked.needs.find((need) => stateOf(host, plan, need) !== 'done')
  if (unmet !== undefined) {
    yield* setState(host, plan, position, `skipped ${unmet}`)
    yield* ledger(host, plan, position, 'undone')
    return true
  }
  yield* setState(host, plan, position, 'begun')
  storage.sync(`${journalOf(plan)}state-${position}`)
  if (asked.verdict === 'none') return yield* conclude(host, process, position, yield* perform(host, process, position))
  return yield* awaited(host, process, position)
}

function* awaited(host: ModelHost, process: Process, position: number): Ask<boolean> {
  const { plan } = process
  const { storage } = host
  const J = journalOf(plan)
  storage.write(`${J}armed`, `${position}\n`)
  storage.sync(`${J}armed`)
  const { verdict } = plan.transactions[position] as ModelTransaction
  if (verdict !== 'probe') host.timers.push({ at: host.now + 3, plan, position })
  if (verdict === 'disk') storage.write(`${J}armed-disk`, `${position}\n`)
  if (verdict === 'disk') storage.sync(`${J}armed-disk`)
  yield
  const code = yield* perform(host, process, position)
  if (code !== 0) {
    storage.rename(`${J}armed`, `${J}undone`)
    yield* conclude(host, process, position, code)
    disarm(host, plan)
    return true
  }
  yield* setState(host, plan, position, 'awaiting')
  storage.sync(...storage.list(J))
  letGo(host, process, `${plan.id} lock`)
  const until = host.now + 2
  while (storage.read(`${J}armed`) !== undefined && host.now < until) yield
  yield* take(host, process, `${plan.id} lock`)
  let isUndone = true
  const isSilent = storage.rename(`${J}armed`, `${J}undone`) || (host.without === 'one verdict for all' && host.now >= until)
  yield
  if (!isSilent && storage.read(`${J}confirmed`) !== undefined) {
    yield* setState(host, plan, position, 'confirmed')
    isUndone = yield* conclude(host, process, position, 0)
  } else {
    isUndone = yield* undoFrom(host, process, position, isSilent ? 'undone silence' : 'undone verdict')
    yield* bump(host)
  }
  disarm(host, plan)
  return isUndone
}

/** The steps, with their before-images flushed before the first that is seen. */
function* perform(host: ModelHost, process: Process, position: number): Ask<number> {
  const { plan } = process
  const { storage } = host
  const { changes, failsAt } = plan.transactions[position] as ModelTransaction
  const B = `${journalOf(plan)}before-${position}/`
  storage.write(`${B}step`, '')
  yield
  for (const [index, { item, after }] of changes.entries()) {
    const before = storage.read(fileOf(item))
    storage.write(`${B}step`, `${index}\n`)
    if (before !== undefined) {
      // As `remember` does it: an image that is there is whole.
      storage.write(`${B}${item}.part`, before)
      if (host.without !== 'flush of before-images') storage.sync(`${B}${item}.part`)
      yield
      storage.rename(`${B}${item}.part`, `${B}${item}`)
    }
    if (after !== undefined) storage.write(`${fileOf(item)}.new`, after)
    yield
  }
  if (host.without !== 'flush of before-images') storage.sync(...storage.list(B), ...changes.map(({ item }) => `${fileOf(item)}.new`))
  yield
  for (const [index, { item, before, after }] of changes.entries()) {
    storage.write(`${B}step`, `${changes.length + index}\n`)
    yield
    if (storage.read(fileOf(item)) !== before) {
      yield* restore(host, process, position, changes.length + index - 1)
      return 10
    }
    host.writes(process, item, after)
    if (after === undefined) storage.remove(fileOf(item))
    else storage.rename(`${fileOf(item)}.new`, fileOf(item))
    yield
    if (failsAt === index) {
      yield* restore(host, process, position, changes.length + index)
      return 11
    }
  }
  return 0
}

/** Undoes from this step down to the first. */
function* restore(host: ModelHost, process: Process, position: number, from: number): Work {
  const { plan } = process
  const { storage } = host
  const { changes } = plan.transactions[position] as ModelTransaction
  const B = `${journalOf(plan)}before-${position}/`
  for (let step = Math.min(from, 2 * changes.length - 1); step >= 0; step--) {
    const { item, before } = changes[step % changes.length] as ModelChange
    if (step < changes.length) storage.remove(`${fileOf(item)}.new`)
    else {
      const image = storage.read(`${B}${item}`)
      host.writes(process, item, before)
      // Without its image it was not touched yet.
      if (image === undefined && before !== undefined) continue
      if (image === undefined) storage.remove(fileOf(item))
      else {
        storage.write(`${fileOf(item)}.old`, image)
        storage.sync(`${fileOf(item)}.old`)
        yield
        storage.rename(`${fileOf(item)}.old`, fileOf(item))
      }
    }
    yield
  }
}

/** `tx-N undo` */
function* undo(host: ModelHost, process: Process, position: number): Work {
  const step = host.storage.read(`${journalOf(process.plan)}before-${position}/step`)
  if (step === undefined) return
  yield* restore(host, process, position, /^\d+\n/.test(step) ? Number.parseInt(step, 10) : 1000)
}

function* conclude(host: ModelHost, process: Process, position: number, code: number): Ask<boolean> {
  const { plan } = process
  yield* ledger(host, plan, position, code === 0 ? 'done' : 'undone')
  yield* setState(host, plan, position, code === 0 ? 'done' : code === 10 ? 'refused' : 'failed')
  return true
}

function* undoFrom(host: ModelHost, process: Process, position: number, state: string): Ask<boolean> {
  yield* undo(host, process, position)
  yield* ledger(host, process.plan, position, 'undone')
  yield* setState(host, process.plan, position, state)
  return true
}

function* setState({ storage }: ModelHost, plan: ModelPlan, position: number, state: string): Work {
  storage.write(`${journalOf(plan)}state-${position}`, `${state}\n`)
  yield
}

function* close(host: ModelHost, plan: ModelPlan, state: string): Work {
  const { storage } = host
  if (host.without !== 'flush of the end') storage.sync(...storage.list(journalOf(plan)), ledgerFile)
  yield
  turn(host, plan)
  yield
  storage.write(`${journalOf(plan)}state`, `${state}\n`)
  yield
  storage.sync(`${journalOf(plan)}state`)
}

function disarm(host: ModelHost, plan: ModelPlan): void {
  host.timers = host.timers.filter((timer) => timer.plan !== plan)
  host.storage.remove(`${journalOf(plan)}armed-disk`)
}

function turn({ run }: ModelHost, plan: ModelPlan): void {
  run.turn = `${plan.id} ${++run.turns}`
}

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('')

function begunLines(plan: ModelPlan, { changes }: ModelTransaction): readonly string[] {
  return changes.map(({ item, after }) =>
    entryLine(
      plan.last.has(item) || after === undefined
        ? { ...(plan.last.get(item) ?? entryOf(plan, item, '', 'begun')), state: 'begun' }
        : entryOf(plan, item, '', 'begun'),
    ),
  )
}

/** Without its header a ledger cannot be read: what it does not hold needs no line. Nor does it of an apply that never began. */
function* ledger({ storage, without }: ModelHost, plan: ModelPlan, position: number, how: 'done' | 'undone'): Work {
  if ((storage.read(ledgerFile) ?? '') === '') return
  if (without !== 'look whether it began' && storage.read(`${journalOf(plan)}begun`) === undefined) return
  const { changes } = plan.transactions[position] as ModelTransaction
  const said = changes.map(({ item, after }) => {
    const last = plan.last.get(item)
    if (how === 'undone') return last === undefined ? removedLine('he1', `note:/${item}`) : entryLine(last)
    return after === undefined ? removedLine('he1', `note:/${item}`) : entryLine(entryOf(plan, item, after, 'done'))
  })
  storage.append(ledgerFile, lines(said))
  yield
}

/** As the host's own text does it: a torn last line is cut off, and what follows NUL bytes. */
function* mend({ storage, without }: ModelHost): Work {
  if (without === 'mending') return
  const text = storage.read(ledgerFile) ?? ''
  const whole = (text.split('\0', 1)[0] ?? '').replace(/[^\n]*$/, '')
  if (whole === text) return
  storage.write('ledger.mended', whole)
  yield
  storage.sync('ledger.mended')
  storage.rename('ledger.mended', ledgerFile)
  yield
}

function lastHeader({ storage }: ModelHost): LedgerHeader | undefined {
  const reading = parseLedger(storage.read(ledgerFile) ?? '')
  return reading.status === 'read' ? reading.ledger.header : undefined
}

function isFenced(host: ModelHost, epoch: number): boolean {
  if (host.without === 'fence') return false
  return Math.max(lastHeader(host)?.epoch ?? 0, host.run.fence) > epoch
}

function refusalOf(host: ModelHost, { header }: ModelPlan): string | undefined {
  if (isFenced(host, header.epoch)) return 'refused epoch'
  if (host.without === 'stale check') return undefined
  if ((lastHeader(host)?.generation ?? 0) !== header.generation - 1) return 'refused stale'
  return hasInterrupted(host) ? 'refused stale: another one is recovered first' : undefined
}

/** Another apply that began and lies open; this one has no mark yet. */
function hasInterrupted({ storage, without }: ModelHost): boolean {
  if (without === 'look whether another one began') return false
  const marks = storage.list('journal/').filter((path) => path.endsWith('/begun'))
  const journals = marks.map((path) => path.slice(0, -'begun'.length))
  return journals.some((J) => storage.read(`${J}apply`) !== undefined && !(storage.read(`${J}state`) ?? '').includes('\n'))
}

function* bump(host: ModelHost): Work {
  const header = lastHeader(host)
  if (header === undefined) return
  host.storage.append(ledgerFile, lines([headerLine({ ...header, generation: header.generation + 1 })]))
  yield
  host.storage.sync(ledgerFile)
}

/** One message delivers a plan, flushed. */
export function deliver({ storage }: ModelHost, plan: ModelPlan): boolean {
  const J = journalOf(plan)
  if (storage.read(`${J}apply`) !== undefined) return false
  storage.write(`${J}apply.new`, plan.id)
  if (plan.compacted) storage.write(`${J}ledger`, compactLedger(plan.compacted))
  storage.sync(...storage.list(J))
  storage.rename(`${J}apply.new`, `${J}apply`)
  storage.sync(`${J}apply`)
  return true
}

/** `reeve takeover`, from a reading of the ledger that may be old by now. */
export function takeOver(host: ModelHost, fleet: string, epoch: number, seen: string): boolean {
  const { storage } = host
  if (host.locks.has('host') || (storage.read(ledgerFile) ?? '') !== seen) return false
  for (const _ of mend(host));
  const header = lastHeader(host)
  if (header === undefined) return false
  storage.append(ledgerFile, lines([headerLine({ ...header, fleet, epoch, generation: header.generation + 1 })]))
  storage.sync(ledgerFile)
  host.run.fence = 0
  host.run.turn = `takeover ${++host.run.turns}`
  return true
}
