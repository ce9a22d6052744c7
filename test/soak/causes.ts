import { type Noted, notesOf } from './journal.ts'
import type { FaultSort } from './schedule.ts'
import type { Begin } from './threads.ts'

/** What was done that people must, or may, hear of. */
export interface Cause {
  readonly what: string
  /** Undefined: any. */
  readonly host: string | undefined
  readonly must?: string
  readonly may: readonly string[]
  readonly from: number
  readonly to: number
}

const lineTrouble = ['Unreachable', 'ReconcileFailed']
const alertsOf: Readonly<Record<FaultSort, { readonly must?: string; readonly may: readonly string[] }>> = {
  'TCP cut': { may: lineTrouble },
  'TCP reset': { may: lineTrouble },
  'TCP black hole': { may: lineTrouble },
  'TCP slow': { may: lineTrouble },
  'host reboot': { may: lineTrouble },
  'SMTP down': { may: [] },
  'Git gone': { must: 'GitTrouble', may: [] },
  'kill -9 of the controller': { must: 'UncleanStop', may: lineTrouble },
}

/** An alert may begin so long after its cause is over: a cycle that was under way, and a spool that waits for its server. */
const lateSeconds = 90

/** What is told of times is so exact: a resync, and a spool that is asked again. */
export const vagueSeconds = 30

export function causesOf(notes: readonly Noted[]): readonly Cause[] {
  const overs = new Map(notesOf(notes, 'over').map(({ id, at }) => [id, at]))
  const reverts = new Map(notesOf(notes, 'revert').map(({ of, at }) => [of, at]))
  const lastAt = notes.at(-1)?.at ?? 0
  const faults = notesOf(notes, 'fault').map(({ id, sort, host, at }) => ({
    what: `${utcOf(at)} ${sort}`,
    host: sort === 'Git gone' || sort === 'kill -9 of the controller' ? undefined : host,
    ...alertsOf[sort],
    from: at,
    to: (overs.get(id) ?? lastAt) + lateSeconds,
  }))
  const bad = notesOf(notes, 'commit')
    .filter((commit) => commit.bad !== undefined)
    .map(({ hash, at, bad }) => ({
      what: `${utcOf(at)} bad commit ${hash.slice(0, 12)} (${bad})`,
      host: undefined,
      must: 'BadCommit',
      may: [],
      from: at,
      to: (reverts.get(hash) ?? lastAt) + vagueSeconds,
    }))
  return [...faults, ...bad].toSorted((one, other) => one.from - other.from)
}

/** `03:59:07`. */
export function utcOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19)
}

/** Mails that tell of a cause that people must hear of, each counted for the last one before it; what needs no word counts as told. */
export function beginsOf(cause: Cause, begins: readonly Begin[], causes: readonly Cause[]): readonly unknown[] {
  if (cause.must === undefined) return [cause]
  const isOf = (one: Cause, { condition, at }: Begin): boolean => one.must === condition && at >= one.from - 1 && at <= one.to
  return begins.filter((begin) => causes.findLast((one) => isOf(one, begin)) === cause)
}

export function isExplained({ condition, host, at }: Begin, causes: readonly Cause[]): boolean {
  if (condition === 'DriftFound') return true
  return causes.some(
    (cause) =>
      (cause.must === condition || cause.may.includes(condition)) &&
      (cause.host ?? host) === host &&
      at >= cause.from - 1 &&
      at <= cause.to,
  )
}
