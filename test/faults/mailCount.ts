import type { CaughtMail } from '../lab/smtp-catcher.ts'

const numbered = /^<(\w+\.[0-9a-f]+)\.(\d+)(\.\w+)?@.*$/

export interface MailCount {
  /** Numbers that are missing in a thread. */
  readonly lost: readonly string[]
  /** Message-IDs that came more than once. */
  readonly doubled: readonly string[]
}

/** A thread's mails are numbered in their Message-IDs, `<THREAD.N@…>` (what a replica says of itself has its name behind): none may be missing, and none there twice. */
export function countMails(mails: readonly Pick<CaughtMail, 'headers'>[]): MailCount {
  const ids = mails.map(({ headers }) => headers['message-id'] ?? '')
  const doubled = ids.filter((id, index) => ids.indexOf(id) !== index)
  const threads = Map.groupBy(
    ids.filter((id) => numbered.test(id)),
    (id) => id.replace(numbered, '$1$3'),
  )
  const lost = [...threads].flatMap(([thread, all]) => gapsOf(thread, all))
  return { lost, doubled }
}

function gapsOf(thread: string, ids: readonly string[]): readonly string[] {
  const numbers = new Set(ids.map((id) => Number(numbered.exec(id)?.[2] ?? 0)))
  const last = Math.max(...numbers)
  return Array.from({ length: last }, (_, index) => index + 1)
    .filter((number) => !numbers.has(number))
    .map((number) => `${thread}.${number}`)
}

/** Subjects of the last mails of threads that do not say that all is over; `isOver` knows those that need no end. */
export function unended(mails: readonly Pick<CaughtMail, 'headers'>[], isOver: (subject: string) => boolean): readonly string[] {
  const last = new Map<string, { readonly number: number; readonly subject: string }>()
  for (const { headers } of mails) {
    const id = headers['message-id'] ?? ''
    const [thread, number] = [id.replace(numbered, '$1$3'), Number(numbered.exec(id)?.[2] ?? 0)]
    if (number >= (last.get(thread)?.number ?? 0)) last.set(thread, { number, subject: headers['subject'] ?? '' })
  }
  return [...last.values()].map(({ subject }) => subject).filter((subject) => !subject.startsWith('[reeve] resolved: ') && !isOver(subject))
}
