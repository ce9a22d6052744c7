import { countMails } from '../faults/mailCount.ts'
import { beginsOf, causesOf, isExplained, utcOf } from './causes.ts'
import { type Noted, notesOf } from './journal.ts'
import { isEnd, isOpen, type MailNote, spooledAt, threadsOf } from './threads.ts'
import { untoldDrifts } from './told.ts'

export interface MailAccount {
  readonly caught: number
  readonly threads: number
  /** In words; empty where none was. */
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  /** A server took it and was cut off before it could say so: sent again under the same Message-ID (RFC 1047). */
  readonly resent: readonly string[]
  /** Alerts that nothing which was done explains. */
  readonly unexplained: readonly string[]
}

/** Holds the mails against what was done, and against what the controller says that it spooled. */
export function accountMails(notes: readonly Noted[]): MailAccount {
  const mails = notesOf(notes, 'mail')
  const spooled = spooledAt(notes)
  const threads = threadsOf(mails, spooled)
  const begins = threads.flatMap((thread) => thread.begins)
  const causes = causesOf(notes)
  const counted = countMails(mails.map(({ id }) => ({ headers: { 'message-id': `<${id}@soak>` } })))
  const twice = counted.doubled.map((id) => id.slice(1, id.lastIndexOf('@')))
  const resent = twice.filter((id) => wasCutOff(id, mails, notes))
  return {
    caught: mails.length,
    threads: threads.length,
    lost: [
      ...counted.lost.map((id) => `${id} never came, others of its thread did`),
      ...[...spooled.keys()].filter((id) => !mails.some((mail) => mail.id === id)).map((id) => `${id} was spooled and never came`),
      ...threads.filter(isOpen).map(({ name, subjects }) => `no end was told of ${name}: ${subjects.at(-1)}`),
      ...causes.filter((cause) => beginsOf(cause, begins, causes).length === 0).map(({ what, must }) => `${what}: ${must} was not told`),
      ...untoldDrifts(notes, mails),
    ],
    doubled: [
      ...twice.filter((id) => !resent.includes(id)).map((id) => `${id} came twice`),
      ...causes
        .filter((cause) => beginsOf(cause, begins, causes).length > 1)
        .map(({ what, must }) => `${what}: ${must} began more than once`),
      ...threads
        .filter((one) => one.subjects.filter(isEnd).length > one.begins.length)
        .map(({ name }) => `${name} ended more often than it began`),
    ],
    resent,
    unexplained: begins.filter((begin) => !isExplained(begin, causes)).map(({ at, subject }) => `${utcOf(at)} ${subject}`),
  }
}

/** Whether controller or mail server was taken away as the copy of before was on its way. */
function wasCutOff(id: string, mails: readonly MailNote[], notes: readonly Noted[]): boolean {
  const times = mails.filter((mail) => mail.id === id).map(({ at }) => at)
  const cuts = notesOf(notes, 'fault').filter(({ sort }) => sort === 'SMTP down' || sort === 'kill -9 of the controller')
  return cuts.some(({ at }) => times.slice(0, -1).every((time) => Math.abs(at - time) < 10))
}
