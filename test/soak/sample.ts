import type { HistoryEntry } from '../../controller/model/history.ts'
import type { Note, Noted } from './journal.ts'

/** Where the sample begins, seconds since the epoch. */
export const t0 = 1_800_000_000

export function at(seconds: number, note: Note): Noted {
  return { at: t0 + seconds, ...note }
}

export function history(seconds: number, sort: HistoryEntry['sort'], subject: string, detail: unknown): Noted {
  return at(seconds, { type: 'history', entry: { atSeconds: t0 + seconds, sort, subject, detail } })
}

/** What the history says of a drift that was put right. */
export function found(seconds: number, item: string, owner = 'Hypervisor/he1'): Noted {
  return history(seconds, 'drift', 'he1', { item: `he1 ${item}`, owners: [owner], isCorrected: true })
}

export function mail(seconds: number, id: string, subject: string, items: readonly string[] = []): Noted {
  return at(seconds, { type: 'mail', id, subject: `[reeve] ${subject}`, items })
}

/** Two mails, as the controller spools and the server takes them: it began, and it is over. */
export function alert(from: number, to: number, thread: string, subject: string): readonly Noted[] {
  return [
    history(from, 'mail', `${thread}.1`, {}),
    mail(from, `${thread}.1`, subject),
    history(to, 'mail', `${thread}.2`, {}),
    mail(to, `${thread}.2`, `resolved: ${subject}`),
  ]
}

/** Memory each half minute of an hour of one process. */
export function memory(rssMiB: (hour: number) => number, pid = 7, from = 0, to = 3600): readonly Noted[] {
  const count = Math.floor((to - from) / 30)
  return Array.from({ length: count }, (_, index) => {
    const seconds = from + 30 * index
    return at(seconds, { type: 'memory', pid, rssMiB: rssMiB(seconds / 3600), heapMiB: 40 })
  })
}

export const note = 'file:/etc/fleet-note'

/** An hour in which all held: a commit, a bad one, two drifts of one item, Git gone, a kill, a black hole that nobody was told of. */
export const goodRun: readonly Noted[] = [
  at(0, { type: 'begin', seed: 7, minutes: 60, hosts: 'native', commit: 'abc', load: 1, machine: 'a machine' }),
  ...memory(() => 130),
  at(60, { type: 'commit', host: 'he1', sort: 'a zone', hash: 'c1', isAlone: true }),
  at(62, { type: 'converged', hash: 'c1', host: 'he1', seconds: 2, isTrue: true }),
  at(100, { type: 'fault', id: 1, sort: 'kill -9 of the controller', host: 'he1' }),
  history(103, 'mail', 'UncleanStop.0a.1', {}),
  mail(103, 'UncleanStop.0a.1', 'Reeve itself: it did not stop in order, and runs again'),
  at(110, { type: 'over', id: 1 }),
  at(200, { type: 'commit', host: 'he2', sort: 'a vhost', hash: 'c2', bad: 'no YAML', isAlone: true }),
  at(203, { type: 'converged', hash: 'c2', host: 'he2', seconds: 3, isTrue: true }),
  ...alert(202, 209, 'BadCommit.0b', 'bad commit c2: 1 error(s)'),
  at(208, { type: 'revert', hash: 'c3', of: 'c2' }),
  at(300, { type: 'drift', id: 2, host: 'he1', sort: 'a file edited', item: note }),
  found(301, note),
  at(302, { type: 'right', id: 2 }),
  history(301, 'mail', 'DriftFound.0c.1', {}),
  mail(301.5, 'DriftFound.0c.1', `he1: drift corrected: ${note}`, [note]),
  at(700, { type: 'fault', id: 3, sort: 'Git gone', host: 'he1' }),
  ...alert(712, 762, 'GitTrouble.0d', 'Git cannot be read'),
  at(715, { type: 'drift', id: 4, host: 'he1', sort: 'a file edited', item: note }),
  found(716, note),
  at(717, { type: 'right', id: 4 }),
  at(765, { type: 'over', id: 3 }),
  at(900, { type: 'fault', id: 5, sort: 'TCP black hole', host: 'he2' }),
  at(950, { type: 'over', id: 5 }),
  at(3600, { type: 'played', load: 2 }),
  at(3610, { type: 'look', host: 'he1', dataLost: [], wrongDeletes: [], different: [] }),
  at(3612, { type: 'look', host: 'he2', dataLost: [], wrongDeletes: [], different: [] }),
  at(3615, { type: 'end', load: 3, open: [] }),
].toSorted((one, other) => one.at - other.at)

/** The same without some of its lines. */
export function without(isGone: (note: Noted) => boolean): readonly Noted[] {
  return goodRun.filter((one) => !isGone(one))
}

/** The same with more, in the order of time. */
export function withMore(...more: readonly Noted[]): readonly Noted[] {
  return [...goodRun, ...more].toSorted((one, other) => one.at - other.at)
}
