import { quantile } from '../bench/statistics.ts'
import { utcOf } from './causes.ts'
import { accountDrifts, type DriftAccount } from './driftAccount.ts'
import { type Noted, notesOf } from './journal.ts'
import { accountMails, type MailAccount } from './mailAccount.ts'
import { growthBar, isFlat, type Memory, memoryOf } from './memory.ts'

export interface Report {
  readonly text: string
  /** What did not hold, in words; empty where all did. */
  readonly wrong: readonly string[]
}

interface Accounts {
  readonly notes: readonly Noted[]
  readonly drifts: DriftAccount
  readonly mails: MailAccount
  readonly memory: Memory
}

/** What a run came to, by its journal alone: also of one that was cut. */
export function reportOf(notes: readonly Noted[]): Report {
  const [begin] = notesOf(notes, 'begin')
  if (begin === undefined) throw new Error('a journal begins with what was asked for')
  const played = notesOf(notes, 'played')[0]?.at ?? notes.at(-1)?.at ?? begin.at
  const memory = memoryOf(notes, begin.at, played)
  const accounts = { notes, drifts: accountDrifts(notes), mails: accountMails(notes), memory }
  const wrong = wrongOf(accounts)
  const last = wrong.length === 0 ? 'soak: all held' : `soak: NOT held: ${wrong.length} below the bar`
  const lines = [
    `seed ${begin.seed}, ${begin.hosts} hosts, commit ${begin.commit}, ${begin.machine}`,
    `minutes:    ${((played - begin.at) / 60).toFixed(1)} of ${begin.minutes}, load ${begin.load.toFixed(1)} at first, ${loadAtEnd(notes)} at the end`,
    ...countLines(notes),
    ...timeLines(notes),
    ...memoryLines(memory),
    ...driftLines(accounts.drifts),
    ...mailLines(accounts.mails),
    ...lookLines(notes),
    ...wrong.map((one) => `wrong: ${one}`),
    last,
  ]
  return { text: `${lines.join('\n')}\n`, wrong }
}

function wrongOf({ notes, drifts, mails, memory }: Accounts): readonly string[] {
  const looks = notesOf(notes, 'look')
  const of = (pick: (look: (typeof looks)[number]) => readonly string[]) =>
    looks.flatMap((look) => pick(look).map((one) => `${look.host} ${one}`))
  const [end] = notesOf(notes, 'end')
  return [
    ...(end === undefined ? ['the run was cut: what follows its last line is not known'] : []),
    ...notesOf(notes, 'trouble').map(({ at, text }) => `${utcOf(at)} ${text}`),
    ...(end?.open ?? []).map((one) => `not converged in the end: ${one}`),
    ...notesOf(notes, 'converged').flatMap((one) =>
      one.isTrue ? [] : [`commit ${one.hash.slice(0, 12)}: ${one.host} itself says otherwise`],
    ),
    ...unconverged(notes).map((hash) => `commit ${hash.slice(0, 12)} did not converge`),
    ...of(({ dataLost }) => dataLost).map((one) => `data lost: ${one}`),
    ...of(({ wrongDeletes }) => wrongDeletes).map((one) => `wrong delete: ${one}`),
    ...of(({ different }) => different).map((one) => `not as Git says: ${one}`),
    ...drifts.fates
      .filter(({ fate }) => fate === 'unexplained')
      .map(({ at, host, item }) => `${utcOf(at)} drift of ${host} ${item} is not in the history, and nothing overtook it`),
    ...drifts.strangers.flatMap(({ text, by }) => (by === undefined ? [`drift that nobody made: ${text}`] : [])),
    ...mails.lost.map((one) => `mail lost: ${one}`),
    ...mails.doubled.map((one) => `mail doubled: ${one}`),
    ...mails.unexplained.map((one) => `mail that nothing explains: ${one}`),
    ...(isFlat(memory)
      ? []
      : [
          Number.isNaN(memory.growth)
            ? 'memory: no process was measured in both quarters'
            : `memory grew by ${percent(memory.growth)}, not below ${percent(growthBar)}`,
        ]),
  ]
}

/** A commit that another one followed before it was in force is part of that one. */
function unconverged(notes: readonly Noted[]): readonly string[] {
  const done = new Set(notesOf(notes, 'converged').map(({ hash }) => hash))
  const isCut = notesOf(notes, 'end').length === 0
  const hashes = notesOf(notes, 'commit').map(({ hash }) => hash)
  return hashes.slice(0, isCut ? -1 : undefined).filter((hash) => !done.has(hash))
}

function countLines(notes: readonly Noted[]): readonly string[] {
  const commits = notesOf(notes, 'commit')
  const bad = commits.filter((one) => one.bad !== undefined)
  const reverted = notesOf(notes, 'revert').length
  return [
    `commits:    ${commits.length} (${bySort(commits)}); ${bad.length} of them bad${bad.length === 0 ? '' : ` (${bySort(bad.map((one) => ({ sort: one.bad ?? '' })))})`}, ${reverted} reverted`,
    `drifts:     ${notesOf(notes, 'drift').length} (${bySort(notesOf(notes, 'drift'))})`,
    `faults:     ${notesOf(notes, 'fault').length} (${bySort(notesOf(notes, 'fault'))})`,
    ...notesOf(notes, 'skipped').map(({ what, because }) => `skipped:    ${what}: ${because}`),
  ]
}

function bySort(all: readonly { readonly sort: string }[]): string {
  return [...Map.groupBy(all, ({ sort }) => sort)].map(([sort, { length }]) => `${sort} ${length}`).join(', ')
}

function timeLines(notes: readonly Noted[]): readonly string[] {
  const alone = new Set(notesOf(notes, 'commit').flatMap(({ hash, isAlone }) => (isAlone ? [hash] : [])))
  const all = notesOf(notes, 'converged')
  const line = (name: string, seconds: readonly number[]): string =>
    `${name} ${seconds.length === 0 ? 'none' : `p50 ${quantile(seconds, 0.5).toFixed(1)} s, p99 ${quantile(seconds, 0.99).toFixed(1)} s of ${seconds.length}`}`
  const secondsOf = (isAlone: boolean): readonly number[] =>
    all.flatMap(({ hash, seconds }) => (alone.has(hash) === isAlone ? [seconds] : []))
  return [
    `converged:  ${all.length} commits, ${all.filter(({ isTrue }) => isTrue).length} of which the host itself says so`,
    line('            commit → verified:', secondsOf(true)),
    line('            commit → verified, with a fault:', secondsOf(false)),
  ]
}

function memoryLines({ quarters, growth, heapGrowth, slopeMiBPerHour, heapSlopeMiBPerHour }: Memory): readonly string[] {
  const quarter = ({ rssMiB, heapMiB, processes }: Memory['quarters'][number]): string =>
    Number.isNaN(rssMiB) ? 'none' : `${rssMiB.toFixed(1)} (${heapMiB.toFixed(1)}${processes > 1 ? `, ${processes} processes` : ''})`
  return [
    `memory:     medians by quarter, MiB resident (heap in use): ${quarters.map(quarter).join(', ')}`,
    `            second quarter → last: ${percent(growth)} resident, ${percent(heapGrowth)} heap; slope ${slopeMiBPerHour.toFixed(1)} MiB/h resident, ${heapSlopeMiBPerHour.toFixed(1)} MiB/h heap`,
  ]
}

function percent(share: number): string {
  return Number.isNaN(share) ? 'unknown' : `${(100 * share).toFixed(1)} %`
}

function driftLines({ fates, strangers }: DriftAccount): readonly string[] {
  const count = (fate: string): number => fates.filter((one) => one.fate === fate).length
  const seconds = fates.flatMap((one) => one.seconds ?? [])
  return [
    `accounting: ${count('found')} of ${fates.length} drifts in the history, ${count('overtaken')} overtaken, ${count('unexplained')} unexplained; put right p50 ${quantile(seconds, 0.5).toFixed(1)} s, p99 ${quantile(seconds, 0.99).toFixed(1)} s`,
    ...fates.flatMap(({ at, host, item, fate, by }) =>
      fate === 'overtaken' ? [`            ${utcOf(at)} ${host} ${item}: overtaken by ${by}`] : [],
    ),
    ...strangers.flatMap(({ text, by }) => (by === undefined ? [] : [`            ${text}: made by nobody, after ${by}`])),
  ]
}

function mailLines({ caught, threads, lost, doubled, resent, unexplained }: MailAccount): readonly string[] {
  return [
    `mails:      ${caught} in ${threads} threads: ${lost.length} lost, ${doubled.length} doubled, ${resent.length} sent again after their server was cut off, ${unexplained.length} unexplained`,
  ]
}

function lookLines(notes: readonly Noted[]): readonly string[] {
  const looks = notesOf(notes, 'look')
  const sum = (pick: (look: (typeof looks)[number]) => readonly string[]): number => looks.reduce((all, look) => all + pick(look).length, 0)
  return [
    `hosts:      ${looks.length === 0 ? 'not looked at' : `${looks.length} looks: data lost ${sum(({ dataLost }) => dataLost)}, wrong deletes ${sum(({ wrongDeletes }) => wrongDeletes)}, other differences ${sum(({ different }) => different)}`}`,
  ]
}

function loadAtEnd(notes: readonly Noted[]): string {
  const load = notesOf(notes, 'end')[0]?.load ?? notesOf(notes, 'played')[0]?.load
  return load === undefined ? 'unknown' : load.toFixed(1)
}
