import type { Ledger, LedgerEntry, LedgerHeader } from '../../../controller/model/ledger.ts'
import type { Storage } from './storage.ts'

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

/** What a script does on a host, write by write: between any two `yield`s others act, and the power may go. */
export type Work = Generator<void, void, void>
/** The same, with an answer. */
export type Ask<T> = Generator<void, T, void>

export const journalOf = (plan: { readonly id: string }): string => `journal/${plan.id}/`
export const fileOf = (item: string): string => `item/${item}`

export function stateOf({ storage }: ModelHost, plan: ModelPlan, position: number): string {
  const text = storage.read(`${journalOf(plan)}state-${position}`)
  if (text === undefined) return 'open'
  return text.includes('\n') ? text.trim() : 'begun'
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

export function holds(host: ModelHost, process: Process, lock: string): boolean {
  const holder = host.locks.get(lock)
  if (holder !== undefined && holder !== process) return false
  host.locks.set(lock, process)
  process.locks.add(lock)
  return true
}

export function* take(host: ModelHost, process: Process, lock: string): Work {
  while (!holds(host, process, lock)) yield
}

export function letGo(host: ModelHost, process: Process, lock: string): void {
  process.locks.delete(lock)
  host.locks.delete(lock)
}

export function turn({ run }: ModelHost, plan: ModelPlan): void {
  run.turn = `${plan.id} ${++run.turns}`
}
