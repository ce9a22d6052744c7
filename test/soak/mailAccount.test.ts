import { describe, expect, test } from 'vitest'
import type { Noted } from './journal.ts'
import { accountMails } from './mailAccount.ts'
import { alert, at, found, goodRun, history, mail, note, withMore, without } from './sample.ts'

const isMail =
  (id: string) =>
  (one: Noted): boolean =>
    one.type === 'mail' && one.id === id
const isOf =
  (id: string) =>
  (one: Noted): boolean =>
    isMail(id)(one) || (one.type === 'history' && one.entry.subject === id)
const well = { lost: [], doubled: [], resent: [], unexplained: [] }

describe('the account of the mails', () => {
  test('is even where each alert began and ended once', () => {
    expect(accountMails(goodRun)).toEqual({ ...well, caught: 6, threads: 4 })
  })

  test.each<readonly [name: string, notes: readonly Noted[], lost: readonly string[]]>([
    [
      'a mail that was spooled and did not come',
      without(isMail('DriftFound.0c.1')),
      ['DriftFound.0c.1 was spooled and never came', 'drift of he1 file:/etc/fleet-note was not told'],
    ],
    ['an end that was never told', without(isOf('GitTrouble.0d.2')), ['no end was told of GitTrouble.0d']],
    [
      'a first mail of which others followed',
      without(isOf('BadCommit.0b.1')),
      ['BadCommit.0b.1 never came, others of its thread did', 'BadCommit was not told'],
    ],
    [
      'a bad commit of which nobody heard',
      without((one) => isOf('BadCommit.0b.1')(one) || isOf('BadCommit.0b.2')(one)),
      ['bad commit c2 (no YAML): BadCommit was not told'],
    ],
    ['a kill of which nobody heard', without(isOf('UncleanStop.0a.1')), ['kill -9 of the controller: UncleanStop was not told']],
    ['a drift that the history has and no mail', without(isOf('DriftFound.0c.1')), ['drift of he1 file:/etc/fleet-note was not told']],
  ])('finds %s', (_name, notes, lost) => {
    const account = accountMails(notes)
    expect(account.lost).toHaveLength(lost.length)
    for (const [index, one] of lost.entries()) expect(account.lost[index]).toContain(one)
  })

  test('gives each of two kills in a row the mail that followed it', () => {
    const second = at(115, { type: 'fault', id: 9, sort: 'kill -9 of the controller', host: 'he1' })
    expect(accountMails(withMore(second)).lost).toEqual([expect.stringContaining('UncleanStop was not told')])
    expect(
      accountMails(withMore(second, mail(118, 'UncleanStop.0a.2', 'Reeve itself: it did not stop in order, and runs again'))),
    ).toMatchObject(well)
  })

  test('asks for no second mail of what comes back within ten minutes, and for one after', () => {
    expect(accountMails(withMore(found(1300, note))).lost).toEqual([])
    expect(accountMails(withMore(found(1400, note))).lost).toEqual([expect.stringContaining('was not told')])
    // What else its manifest has keeps the alert.
    const more = [
      found(1200, 'service:cron.service'),
      mail(1201, 'DriftFound.0c.2', 'he1: drift corrected: service:cron.service', ['service:cron.service']),
    ]
    expect(accountMails(withMore(...more, found(1700, note))).lost).toEqual([])
  })

  test('gives what came back within the hour the time that the alert keeps it then', () => {
    const told = [found(1400, note), mail(1401, 'DriftFound.0c.2', `he1: drift corrected: ${note}`, [note])]
    expect(accountMails(withMore(...told, found(2100, note))).lost).toEqual([])
    expect(accountMails(withMore(...told, found(2300, note))).lost).toEqual([expect.stringContaining('was not told')])
  })

  test('takes the first of several owners for the one whose alert it is', () => {
    const shared = history(1200, 'drift', 'he1', { item: 'he1 sysctl:a', owners: ['Hypervisor/he1', 'Firewall/main'], isCorrected: true })
    const more = [shared, mail(1201, 'DriftFound.0c.2', 'he1: drift corrected: sysctl:a', ['sysctl:a'])]
    expect(accountMails(withMore(...more, found(1700, note))).lost).toEqual([])
  })

  test.each<readonly [name: string, more: readonly Noted[], doubled: string]>([
    ['a Message-ID that came twice', [mail(2000, 'GitTrouble.0d.1', 'Git cannot be read')], 'GitTrouble.0d.1 came twice'],
    ['an alert that began twice', alert(740, 750, 'GitTrouble.0e', 'Git cannot be read'), 'GitTrouble began more than once'],
    [
      'an alert that ended twice',
      [history(764, 'mail', 'GitTrouble.0d.3', {}), mail(764, 'GitTrouble.0d.3', 'resolved: Git cannot be read')],
      'GitTrouble.0d ended more often than it began',
    ],
  ])('finds %s', (_name, more, doubled) => {
    expect(accountMails(withMore(...more)).doubled).toEqual([expect.stringContaining(doubled)])
  })

  test('counts a copy apart whose server was taken away as it took the first one', () => {
    const cut = [at(1001, { type: 'fault', id: 9, sort: 'SMTP down', host: 'he1' } as const), at(1070, { type: 'over', id: 9 } as const)]
    const twice = [mail(1000.5, 'DriftFound.0c.2', 'he1: drift corrected: x'), mail(1072, 'DriftFound.0c.2', 'he1: drift corrected: x')]
    expect(accountMails(withMore(...cut, ...twice))).toMatchObject({ doubled: [], resent: ['DriftFound.0c.2'] })
  })

  test.each<readonly [name: string, more: readonly Noted[], count: number]>([
    ['a host that is unreachable in its black hole', alert(920, 948, 'Unreachable.0f', 'he2: unreachable'), 0],
    ['another host that is unreachable meanwhile', alert(920, 948, 'Unreachable.0f', 'he1: unreachable'), 1],
    ['a host that is unreachable while nothing is done to it', alert(2000, 2020, 'Unreachable.0f', 'he2: unreachable'), 1],
    ['a commit that fails', alert(61, 70, 'ReconcileFailed.0f', 'he1: reconcile failed: Zone/a'), 1],
  ])('asks what explains an alert: %s', (_name, more, count) => {
    expect(accountMails(withMore(...more)).unexplained).toHaveLength(count)
  })
})
