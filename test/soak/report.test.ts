import { describe, expect, test } from 'vitest'
import { type Noted, parseJournal } from './journal.ts'
import { reportOf } from './report.ts'
import { at, found, goodRun, memory, note, withMore, without } from './sample.ts'

const lastLine = (notes: readonly Noted[]): string => reportOf(notes).text.trimEnd().split('\n').at(-1) ?? ''
const look = (what: object): Noted => at(3613, { type: 'look', host: 'he1', dataLost: [], wrongDeletes: [], different: [], ...what })

describe('the report of a soak', () => {
  test('ends with one line where all held', () => {
    expect(reportOf(goodRun)).toMatchObject({ wrong: [] })
    expect(lastLine(goodRun)).toBe('soak: all held')
  })

  test('says what was played, and how it went', () => {
    const { text } = reportOf(goodRun)
    for (const line of [
      'seed 7, native hosts, commit abc, a machine',
      'minutes:    60.0 of 60, load 1.0 at first, 3.0 at the end',
      'commits:    2 (a zone 1, a vhost 1); 1 of them bad (no YAML 1), 1 reverted',
      'drifts:     2 (a file edited 2)',
      'faults:     3 (kill -9 of the controller 1, Git gone 1, TCP black hole 1)',
      'converged:  2 commits, 2 of which the host itself says so',
      '            commit → verified: p50 2.0 s, p99 3.0 s of 2',
      'memory:     medians by quarter, MiB resident (heap in use): 130.0 (40.0), 130.0 (40.0), 130.0 (40.0), 130.0 (40.0)',
      '            second quarter → last: 0.0 % resident, 0.0 % heap; slope 0.0 MiB/h resident, 0.0 MiB/h heap',
      'accounting: 2 of 2 drifts in the history, 0 overtaken, 0 unexplained; put right p50 2.0 s, p99 2.0 s',
      'mails:      6 in 4 threads: 0 lost, 0 doubled, 0 sent again after their server was cut off, 0 unexplained',
      'hosts:      2 looks: data lost 0, wrong deletes 0, other differences 0',
    ])
      expect(text.split('\n')).toContain(line)
  })

  test.each<readonly [name: string, notes: readonly Noted[], wrong: string]>([
    ['a run that was cut', without(({ type }) => type === 'end'), 'the run was cut'],
    [
      'something that a look at it found',
      withMore(at(500, { type: 'trouble', text: 'the controller, process 7, ended by itself' })),
      'ended by itself',
    ],
    ['a host that is not as Git says', withMore(look({ different: ['files: -x'] })), 'not as Git says: he1 files: -x'],
    ["a person's thing that is gone", withMore(look({ dataLost: ['carl: home: -x'] })), 'data lost: he1 carl: home: -x'],
    ['a wrong delete', withMore(look({ wrongDeletes: ['files: -x'] })), 'wrong delete: he1 files: -x'],
    [
      'a host of which the status says something',
      without(({ type }) => type === 'end').concat(at(3616, { type: 'end', load: 1, open: ['he1: error: x'] })),
      'not converged in the end: he1: error: x',
    ],
    ['a commit without an end', without((one) => one.type === 'converged' && one.hash === 'c1'), 'commit c1 did not converge'],
    [
      'a commit of which the host says otherwise',
      goodRun.map((one) => (one.type === 'converged' ? { ...one, isTrue: false } : one)),
      'he1 itself says otherwise',
    ],
    [
      'a drift that is missing in the history',
      without((one) => one.type === 'history' && one.entry.sort === 'drift' && one.at > at(600, { type: 'played', load: 0 }).at),
      `drift of he1 ${note} is not in the history`,
    ],
    ['drift that nobody made', withMore(found(2000, 'file:/etc/motd')), 'drift that nobody made'],
    ['a mail that was lost', without((one) => one.type === 'mail' && one.id === 'GitTrouble.0d.2'), 'mail lost: GitTrouble.0d.2'],
    [
      'memory that grows',
      [...without(({ type }) => type === 'memory'), ...memory((hour) => 130 + 40 * hour)].toSorted((one, other) => one.at - other.at),
      'memory grew by 13.8 %, not below 5.0 %',
    ],
    ['memory that nobody measured', without(({ type }) => type === 'memory'), 'memory: no process was measured in both quarters'],
  ])('finds %s', (_name, notes, wrong) => {
    const report = reportOf(notes)
    expect(report.wrong).toContainEqual(expect.stringContaining(wrong))
    expect(lastLine(notes)).toMatch(/^soak: NOT held: \d+ /)
  })
})

describe('the journal', () => {
  const text = (notes: readonly Noted[]): string => notes.map((one) => `${JSON.stringify(one)}\n`).join('')

  test('is read from the last begin on', () => {
    expect(parseJournal(`${text(goodRun)}${text(goodRun)}`)).toEqual(goodRun)
  })

  test('that was cut in a line is read to there, and has its report', () => {
    const cut = text(goodRun).slice(0, -20)
    expect(parseJournal(cut)).toEqual(goodRun.slice(0, -1))
    expect(reportOf(parseJournal(cut)).text).toContain('commits:    2')
  })
})
