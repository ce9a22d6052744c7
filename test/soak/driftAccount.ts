import type { HistoryEntry } from '../../controller/model/history.ts'
import { type Noted, notesOf } from './journal.ts'

type DriftNote = Extract<Noted, { readonly type: 'drift' }>

/** What became of a drift that was made by hand. */
export interface DriftFate {
  readonly id: number
  readonly at: number
  readonly host: string
  readonly sort: string
  readonly item: string
  /** Seconds until the host was as Git says again; undefined where it never was. */
  readonly seconds: number | undefined
  /** `overtaken`: what came before it could be written down, and might have put it right or lost the line. */
  readonly fate: 'found' | 'overtaken' | 'unexplained'
  readonly by?: string
}

export interface DriftAccount {
  readonly fates: readonly DriftFate[]
  /** In history, and made by nobody; with what explains them, where something does. */
  readonly strangers: readonly { readonly text: string; readonly by?: string }[]
}

/** History knows of a drift so long after the host is right again: the cycle's end, which a starved machine keeps waiting. */
const lateSeconds = 60
/** One that never came right is looked for so long. */
const patienceSeconds = 300

interface Span {
  readonly what: string
  readonly host: string | undefined
  readonly from: number
  readonly to: number
}

/** Holds what was done by hand against what the history says was found, by host, item and time. */
export function accountDrifts(notes: readonly Noted[]): DriftAccount {
  const drifts = notesOf(notes, 'drift')
  const rights = new Map(notesOf(notes, 'right').map(({ id, at }) => [id, at]))
  const found = notesOf(notes, 'history').flatMap(({ entry }) => (entry.sort === 'drift' ? [entry] : []))
  const overtakers = overtakersOf(notes)
  const endOf = (drift: DriftNote): number => endsAt(drift, rights.get(drift.id), notes)
  const isOf = (entry: HistoryEntry, drift: DriftNote): boolean =>
    entry.subject === drift.host &&
    itemOf(entry) === `${drift.host} ${drift.item}` &&
    entry.atSeconds >= drift.at - 1 &&
    entry.atSeconds <= endOf(drift)
  const fates = drifts.map((drift) =>
    fateOf(
      drift,
      rights.get(drift.id),
      found.some((entry) => isOf(entry, drift)),
      overtakers,
      endOf(drift),
    ),
  )
  const strange = found.filter((entry) => !drifts.some((drift) => isOf(entry, drift)))
  return { fates, strangers: strange.map((entry) => strangerOf(entry, overtakers)) }
}

/** Until then an entry may be of this drift: not of the next one of the same item. What a fault held up is written down once that is over. */
function endsAt({ id, at, host, item }: DriftNote, rightAt: number | undefined, notes: readonly Noted[]): number {
  const next = notesOf(notes, 'drift').find((one) => one.id !== id && one.host === host && one.item === item && one.at > at)
  const overs = new Map(notesOf(notes, 'over').map((one) => [one.id, one.at]))
  const right = rightAt ?? at + patienceSeconds
  const faults = notesOf(notes, 'fault').filter((one) => one.at <= right && (overs.get(one.id) ?? right) >= at)
  const last = Math.max(right, ...faults.map((one) => overs.get(one.id) ?? right))
  return Math.min(last + lateSeconds, next?.at ?? Number.POSITIVE_INFINITY)
}

function fateOf(drift: DriftNote, rightAt: number | undefined, isFound: boolean, overtakers: readonly Span[], end: number): DriftFate {
  const { id, at, host, sort, item } = drift
  const base = { id, at, host, sort, item, seconds: rightAt === undefined ? undefined : rightAt - at }
  if (isFound) return { ...base, fate: 'found' }
  const by = overtakers.find((one) => (one.host ?? host) === host && one.from <= end && one.to >= at)
  // Whatever overtook it, the host must be as Git says in the end.
  return by === undefined || rightAt === undefined ? { ...base, fate: 'unexplained' } : { ...base, fate: 'overtaken', by: by.what }
}

function strangerOf(entry: HistoryEntry, overtakers: readonly Span[]): DriftAccount['strangers'][number] {
  const text = `${new Date(entry.atSeconds * 1000).toISOString()} ${itemOf(entry)}`
  const by = overtakers.find(
    ({ what, host, from, to }) =>
      what === 'host reboot' && host === entry.subject && entry.atSeconds >= from && entry.atSeconds <= to + lateSeconds,
  )
  return by === undefined ? { text } : { text, by: by.what }
}

/** A commit in hand makes a drift pending, a boot puts much right by itself, and a killed controller takes its last lines of history with it. */
function overtakersOf(notes: readonly Noted[]): readonly Span[] {
  const converged = new Map(notesOf(notes, 'converged').map(({ hash, at }) => [hash, at]))
  const commits = notesOf(notes, 'commit').map(({ at, host, hash }) => ({
    what: `commit ${hash.slice(0, 12)}`,
    host,
    from: at,
    to: converged.get(hash) ?? at + patienceSeconds,
  }))
  const overs = new Map(notesOf(notes, 'over').map(({ id, at }) => [id, at]))
  const faults = notesOf(notes, 'fault')
    .filter(({ sort }) => sort === 'host reboot' || sort === 'kill -9 of the controller')
    .map(({ id, sort, host, at }) => ({
      what: sort,
      host: sort === 'host reboot' ? host : undefined,
      from: at,
      to: overs.get(id) ?? at + patienceSeconds,
    }))
  return [...commits, ...faults]
}

/** `he1 file:/etc/motd`. */
export function itemOf({ detail }: HistoryEntry): string {
  const item = typeof detail === 'object' && detail !== null && 'item' in detail ? detail.item : undefined
  return typeof item === 'string' ? item : ''
}
