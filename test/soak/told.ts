import type { HistoryEntry } from '../../controller/model/history.ts'
import { utcOf, vagueSeconds } from './causes.ts'
import { itemOf } from './driftAccount.ts'
import { type Noted, notesOf } from './journal.ts'
import type { MailNote } from './threads.ts'

/** One that was not told by then was not told. */
const untoldSeconds = 180
/** What was put right must stay away so long before it is told anew (controller/cli/run.ts), give or take a resync. */
const settleSeconds = 600
/** And so much longer where it came back before, twice as long each time (controller/report/alerts.ts; alerts.keepFiring in reeve.yaml). */
const keepFiringSeconds = 120
const longestAwaySeconds = 1800
/** It came back if it was over for less. */
const flapSeconds = 3600

/** Each item that the history says was put right is in a mail, once for as long as it keeps coming back. */
export function untoldDrifts(notes: readonly Noted[], mails: readonly MailNote[]): readonly string[] {
  const entries = notesOf(notes, 'history').flatMap(({ entry }) => (entry.sort === 'drift' && isCorrected(entry.detail) ? [entry] : []))
  const outages = notesOf(notes, 'fault').filter(({ sort }) => sort === 'SMTP down' || sort === 'kill -9 of the controller')
  const overs = new Map(notesOf(notes, 'over').map(({ id, at }) => [id, at]))
  const lastAt = notes.at(-1)?.at ?? 0
  const isDelayed = (at: number): boolean => outages.some((one) => one.at - vagueSeconds <= at && at <= (overs.get(one.id) ?? lastAt))
  const isTold = (item: string, host: string, from: number, to: number): boolean =>
    mails.some(
      (mail) =>
        mail.at >= from && mail.at <= to && mail.subject.includes(`${host}:`) && (mail.items.includes(item) || mail.subject.includes(item)),
    )
  return entries.flatMap((entry) => {
    const [item, at] = [itemOf(entry).slice(entry.subject.length + 1), entry.atSeconds]
    const until = at + (isDelayed(at) ? 3 : 1) * untoldSeconds
    if (until > lastAt && notes.at(-1)?.type !== 'end') return []
    const kept = isKept(entry, entries)
    return kept || isTold(item, entry.subject, at - 2, until) ? [] : [`${utcOf(at)} drift of ${itemOf(entry)} was not told`]
  })
}

/** The alert of its manifest was still there, and had told of this item before: it counts, and tells nothing anew. */
function isKept(entry: HistoryEntry, entries: readonly HistoryEntry[]): boolean {
  const ofAlert = entries
    .filter((one) => one.subject === entry.subject && ownerOf(one) === ownerOf(entry) && one.atSeconds < entry.atSeconds)
    .toSorted((one, other) => one.atSeconds - other.atSeconds)
  const items = new Set<string>()
  let flaps = 0
  let last: number | undefined
  for (const one of [...ofAlert, entry]) {
    const awaySeconds = last === undefined ? Number.POSITIVE_INFINITY : one.atSeconds - last
    if (awaySeconds > settleSeconds + longestOf(flaps) + vagueSeconds) items.clear()
    if (one === entry) return items.has(itemOf(entry))
    flaps = awaySeconds <= settleSeconds ? flaps : awaySeconds < settleSeconds + longestOf(flaps) + flapSeconds ? flaps + 1 : 0
    items.add(itemOf(one))
    last = one.atSeconds
  }
  return false
}

/** How much longer than it takes to settle an alert stays that came back so often. */
function longestOf(flaps: number): number {
  return flaps === 0 ? 0 : Math.min(longestAwaySeconds, keepFiringSeconds * 2 ** (flaps - 1))
}

/** Whose alert it is: that of the first who asks for the item. */
function ownerOf({ detail }: HistoryEntry): unknown {
  const owners = typeof detail === 'object' && detail !== null && 'owners' in detail ? detail.owners : []
  return Array.isArray(owners) ? owners[0] : undefined
}

function isCorrected(detail: unknown): boolean {
  return typeof detail === 'object' && detail !== null && 'isCorrected' in detail && detail.isCorrected === true
}
