import type { HistoryEntry } from '../../controller/model/history.ts'
import { utcOf, vagueSeconds } from './causes.ts'
import { itemOf } from './driftAccount.ts'
import { type Noted, notesOf } from './journal.ts'
import type { MailNote } from './threads.ts'

/** One that was not told by then was not told. */
const untoldSeconds = 180
/** What was put right must stay away so long before it is told anew (controller/cli/run.ts), give or take a resync. */
const settleSeconds = 600

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

/** The alert of its manifest was still there, and had told of this item before: it tells nothing anew, however often it comes back. */
function isKept(entry: HistoryEntry, entries: readonly HistoryEntry[]): boolean {
  const before = entries
    .filter((one) => one.subject === entry.subject && ownersOf(one) === ownersOf(entry) && one.atSeconds < entry.atSeconds)
    .toSorted((one, other) => other.atSeconds - one.atSeconds)
  let laterSeconds = entry.atSeconds
  for (const one of before) {
    if (laterSeconds - one.atSeconds > settleSeconds + vagueSeconds) return false
    if (itemOf(one) === itemOf(entry)) return true
    laterSeconds = one.atSeconds
  }
  return false
}

function ownersOf({ detail }: HistoryEntry): string {
  return JSON.stringify(typeof detail === 'object' && detail !== null && 'owners' in detail ? detail.owners : [])
}

function isCorrected(detail: unknown): boolean {
  return typeof detail === 'object' && detail !== null && 'isCorrected' in detail && detail.isCorrected === true
}
