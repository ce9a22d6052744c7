import { describe, expect, test } from 'vitest'
import type { ControllerEvent, ReconcileReport } from '../../controller/model/event.ts'
import { manifestId } from '../../controller/model/ids.ts'
import type { Assessment } from '../../controller/model/kind.ts'
import { noAlerts, readAlertState, severities, standing, updateAlerts } from '../../controller/report/alerts.ts'
import { atOnce, he1, report } from './reports.ts'

const settings = { graceSeconds: { DiskUnread: 7200 }, settleSeconds: 900, ...atOnce }
const manifest = manifestId('SmartCheck', 'disks')
const disk = 'ata-HGST_HUS724020ALA640_PN2181P6J4AP5P'

function vital(assessment: Partial<Assessment>): ReconcileReport['vitals'][number] {
  return { manifest, target: { hypervisor: he1 }, assessment: { healthy: true, reason: '', message: '', samples: [], ...assessment } }
}

function alarm(condition: 'DiskFailing' | 'DiskWearing' | 'DiskUnread', items: readonly string[] = ['own verdict']) {
  const facts = [
    ['Disk', `/dev/disk/by-id/${disk}`],
    ['Model', 'HGST HUS724020ALA640'],
    ['Serial', 'PN2181P6J4AP5P'],
  ] as const
  return { condition, subject: disk, items, summary: `${disk}: ${items.join('; ')}`, facts, todo: 'replace it.' }
}

const at = (seconds: number, assessment: Partial<Assessment>): ControllerEvent => report(seconds, { vitals: [vital(assessment)] })
const failing = { healthy: false, alarms: [alarm('DiskFailing')] } as const
const well = { alarms: [] }

function play(...events: readonly ControllerEvent[]) {
  let state = noAlerts
  const mails = events.flatMap((event) => {
    const next = updateAlerts(readAlertState(JSON.parse(JSON.stringify(state))), event, settings)
    state = next.state
    return next.mails
  })
  return { mails, subjects: mails.map(({ subject }) => subject), state }
}

describe('an alarm of a vital', () => {
  test('is one mail that says which disk, and one when it is over', () => {
    const { mails, subjects } = play(at(1, failing), at(2, failing), at(3, well))
    expect(subjects).toEqual([
      expect.stringMatching(/^\[reeve\] he1: DiskFailing: ata-HGST_HUS724020ALA640_PN2181P6J4AP5P/) as string,
      expect.stringMatching(/^\[reeve\] resolved: he1: DiskFailing/) as string,
    ])
    for (const part of [
      'Serial:    PN2181P6J4AP5P',
      'Model:     HGST HUS724020ALA640',
      disk,
      'SmartCheck/disks',
      'What to do: replace it.',
    ])
      expect(mails[0]?.text).toContain(part)
  })

  test('is critical, and stands as long as nobody has seen it gone', () => {
    expect(standing(play(at(1, failing)).state).map(({ condition }) => severities[condition])).toEqual(['critical'])
  })

  test.each<readonly [string, ControllerEvent]>([
    ['the disk could not be asked', at(2, { healthy: 'unknown', alarms: [], unread: [disk] })],
    ['nothing of it was read', at(2, { healthy: 'unknown' })],
    ['a new controller has not asked yet', report(2, { unasked: [manifest] })],
    ['the host was in the middle of an apply', report(2, { isUnsettled: true })],
    ['the cycle failed', report(2, { error: 'no plan' })],
  ])('is not over where %s', (_name, event) => {
    const { mails, state } = play(at(1, failing), event)
    expect(mails.filter(({ subject }) => subject.includes('DiskFailing'))).toHaveLength(1)
    expect(state.alerts.filter(({ condition }) => condition === 'DiskFailing')).toHaveLength(1)
  })

  test('is over with the manifest that watched', () => {
    expect(play(at(1, failing), report(2)).state.alerts).toEqual([])
  })

  test('is over also where its manifest has other vitals, which never tell alarms', () => {
    const beside = (assessment: Partial<Assessment>) => (seconds: number) =>
      report(seconds, { vitals: [vital(assessment), vital({ healthy: true })] })
    expect(play(beside(failing)(1), beside(well)(2)).subjects).toHaveLength(2)
    expect(play(beside(failing)(1), beside({ healthy: 'unknown' })(2)).subjects).toHaveLength(1)
  })

  test('is not over because another manifest on the host is well', () => {
    const other = { ...vital(well), manifest: manifestId('SmartCheck', 'disks-2') }
    expect(play(at(1, failing), report(2, { vitals: [other, vital({ healthy: 'unknown' })] })).mails).toHaveLength(1)
  })

  test('of a new sort on a known disk is told again, a count that grew is not', () => {
    const one = { alarms: [alarm('DiskWearing', ['pending'])] }
    const more = { alarms: [{ ...alarm('DiskWearing', ['pending']), summary: '9 sectors now' }] }
    const two = { alarms: [alarm('DiskWearing', ['pending', 'reallocated'])] }
    expect(play(at(1, one), at(2, more), at(3, two)).mails).toHaveLength(2)
  })

  test('of a disk that is unread waits for its grace', () => {
    const unread = { alarms: [alarm('DiskUnread', ['unread'])], unread: [disk] }
    expect(play(at(1, unread), at(7200, unread)).mails).toHaveLength(0)
    expect(play(at(1, unread), at(7201, unread)).mails).toHaveLength(1)
    expect(play(at(1, unread), at(2, well), at(7201, unread)).mails).toHaveLength(0)
  })
})
