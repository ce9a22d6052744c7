import { type Noted, notesOf } from './journal.ts'

/** One alert, from its first mail to its last. */
export interface Thread {
  readonly name: string
  readonly condition: string
  /** Each mail that tells of something new; seconds since the epoch. */
  readonly begins: readonly Begin[]
  readonly subjects: readonly string[]
}

export interface Begin {
  readonly condition: string
  readonly host: string
  readonly at: number
  readonly subject: string
}

export type MailNote = Extract<Noted, { readonly type: 'mail' }>

/** By id, when the controller wrote that it is to be sent: where no mail server answers it comes much later. */
export function spooledAt(notes: readonly Noted[]): ReadonlyMap<string, number> {
  return new Map(notesOf(notes, 'history').flatMap(({ entry }) => (entry.sort === 'mail' ? [[entry.subject, entry.atSeconds]] : [])))
}

const parts = /^((\w+)\.[0-9a-f]+)\.(\d+)/

export function threadsOf(mails: readonly MailNote[], spooled: ReadonlyMap<string, number>): readonly Thread[] {
  const ofAlerts = mails.filter(({ id }, index) => parts.test(id) && mails.findIndex((one) => one.id === id) === index)
  const numberOf = ({ id }: MailNote): number => Number(parts.exec(id)?.[3])
  return [...Map.groupBy(ofAlerts, ({ id }) => parts.exec(id)?.[1] ?? '')].map(([name, all]) => {
    const sorted = all.toSorted((one, other) => numberOf(one) - numberOf(other))
    const condition = name.slice(0, name.lastIndexOf('.'))
    const begins = sorted.filter(({ subject }) => !isEnd(subject)).map((one) => beginOf(one, condition, spooled))
    return { name, condition, begins, subjects: sorted.map(({ subject }) => subject) }
  })
}

function beginOf({ id, at, subject }: MailNote, condition: string, spooled: ReadonlyMap<string, number>): Begin {
  return { condition, host: /^\[reeve\] (he\d):/.exec(subject)?.[1] ?? '', at: spooled.get(id) ?? at, subject }
}

export function isEnd(subject: string): boolean {
  return subject.startsWith('[reeve] resolved: ')
}

/** Drift that was put right and a stop that was unclean are over when they are told. */
export function isOpen({ condition, subjects }: Thread): boolean {
  return condition !== 'DriftFound' && condition !== 'UncleanStop' && !isEnd(subjects.at(-1) ?? '')
}
