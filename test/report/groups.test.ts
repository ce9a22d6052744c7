import { describe, expect, test } from 'vitest'
import type { ControllerEvent, FailedTransaction } from '../../controller/model/event.ts'
import { hypervisorName, manifestId } from '../../controller/model/ids.ts'
import type { Mail } from '../../controller/model/mail.ts'
import type { Silence, SilenceOf } from '../../controller/model/silence.ts'
import { type AlertState, noAlerts, readAlertState, updateAlerts } from '../../controller/report/alerts.ts'
import { driftOfFile, he1, hostFailed, report } from './reports.ts'

const hour = 3600
const settings = {
  graceSeconds: {},
  settleSeconds: 900,
  keepFiringSeconds: 120,
  groupWaitSeconds: 30,
  groupIntervalSeconds: 300,
  repeatSeconds: { critical: 4 * hour, warning: 24 * hour },
}

function failure(name: string): FailedTransaction {
  return {
    target: { hypervisor: he1 },
    owners: [manifestId('Proxy', name)],
    changes: [driftOfFile(`/etc/${name}`)],
    outcome: { status: 'failed', step: 'load', exitCode: 1, stderr: 'no space left on device', undone: true },
  }
}

const failing = (seconds: number, ...names: readonly string[]): ControllerEvent => report(seconds, { failed: names.map(failure) })
const tick = (atSeconds: number): ControllerEvent => ({ type: 'tick', atSeconds })
const timeOf = (event: ControllerEvent): number => (event.type === 'reconciled' ? event.report.endedSeconds : event.atSeconds)

interface Sent {
  readonly atSeconds: number
  readonly mail: Mail
}

/** Feeds events, and between them what time alone brings, with a restart before each. */
function play(
  events: readonly ControllerEvent[],
  untilSeconds: number,
  silences: readonly Silence[] = [],
): { readonly sent: readonly Sent[]; readonly state: AlertState } {
  let state = noAlerts
  const sent: Sent[] = []
  const waiting = events.toSorted((one, other) => timeOf(one) - timeOf(other))
  for (let seconds = 0; seconds <= untilSeconds; seconds += 5) {
    const due = waiting.splice(0, waiting.filter((event) => timeOf(event) <= seconds).length)
    for (const event of [...due, tick(seconds)]) {
      const update = updateAlerts(readAlertState(JSON.parse(JSON.stringify(state))), event, settings, silences)
      state = update.state
      sent.push(...update.mails.map((mail) => ({ atSeconds: seconds, mail })))
    }
  }
  return { sent, state }
}

const told = (events: readonly ControllerEvent[], untilSeconds = 2 * hour, silences: readonly Silence[] = []): readonly string[] =>
  play(events, untilSeconds, silences).sent.map(({ atSeconds, mail }) => `${atSeconds} ${mail.subject.replace('[reeve] ', '')}`)

const many = Array.from({ length: 500 }, (_, index) => `site-${index}`)

describe('causes of one condition on a hypervisor', () => {
  test('are one mail and one resolution, be they 500', () => {
    const { sent } = play([failing(0, ...many), failing(60, ...many), report(600)], hour)
    expect(sent.map(({ atSeconds, mail }) => `${atSeconds} ${mail.subject}`)).toEqual([
      '30 [reeve] he1: reconcile failed: 500 causes',
      '630 [reeve] resolved: he1: reconcile failed: 500 causes',
    ])
    expect(sent[1]?.mail.references).toEqual([sent[0]?.mail.id])
    expect(sent[0]?.mail.text).toMatch(/^ {2}he1: reconcile of Proxy\/site-0 failed$/m)
    expect(sent[0]?.mail.text).toContain('[450 more]')
    expect(sent[0]?.mail.text).toContain('no space left on device')
    expect(sent[0]?.mail.text.length).toBeLessThan(20_000)
  })

  test.each<readonly [string, readonly ControllerEvent[], readonly string[]]>([
    ['that come within the wait are told together', [failing(0, 'a'), failing(20, 'a', 'b')], ['30 he1: reconcile failed: 2 causes']],
    [
      'that come later wait for the interval',
      [failing(0, 'a'), failing(60, 'a', 'b')],
      ['30 he1: reconcile failed: Proxy/a', '330 he1: reconcile failed: Proxy/b'],
    ],
    ['that come and go within the wait are told to nobody', [failing(0, 'a'), report(20)], []],
    [
      'that come while others go are one mail',
      [failing(0, 'a'), failing(60, 'b')],
      ['30 he1: reconcile failed: Proxy/a', '330 he1: reconcile failed: 1 cause, 1 over'],
    ],
    [
      'of a drift that Reeve put right are told although they are over',
      [report(0, { drift: [driftOfFile('/etc/a')], corrected: [driftOfFile('/etc/a')] }), report(10)],
      ['30 he1: drift corrected: file:/etc/a'],
    ],
    [
      'that come after all before them are over are a thread of their own, at the same distance',
      [failing(0, 'a'), report(60), failing(400, 'b'), report(900)],
      [
        '30 he1: reconcile failed: Proxy/a',
        '330 resolved: he1: reconcile failed: Proxy/a',
        '630 he1: reconcile failed: Proxy/b',
        '930 resolved: he1: reconcile failed: Proxy/b',
      ],
    ],
  ])('%s', (_name, events, mails) => expect(told(events)).toEqual(mails))

  test('that come after all before them are over answer to their own first mail', () => {
    const { sent } = play([failing(0, 'a'), report(60), failing(400, 'b'), report(900)], hour)
    const [, , begun, ended] = sent.map(({ mail }) => mail)
    expect(begun?.references).toEqual([])
    expect(ended?.references).toEqual([begun?.id])
  })
})

describe('what stands is told again', () => {
  const day = Array.from({ length: 13 * 60 }, (_, minute) => failing(minute * 60, 'a'))
  test('after the time of its severity, as one thread', () => {
    const { sent } = play(day, 13 * hour)
    expect(sent.map(({ atSeconds, mail }) => `${atSeconds} ${mail.subject}`)).toEqual([
      '30 [reeve] he1: reconcile failed: Proxy/a',
      '14430 [reeve] still: he1: reconcile failed: Proxy/a',
      '28830 [reeve] still: he1: reconcile failed: Proxy/a',
      '43230 [reeve] still: he1: reconcile failed: Proxy/a',
    ])
    expect(new Set(sent.map(({ mail }) => mail.id)).size).toBe(4)
    expect(sent[3]?.mail.references).toEqual(sent.slice(0, 3).map(({ mail }) => mail.id))
    expect(sent[1]?.mail.text).toContain('(4 h)')
  })
})

describe('a hypervisor that cannot be reached', () => {
  const away = (from: number, to: number) => Array.from({ length: (to - from) / 30 }, (_, index) => hostFailed(from + index * 30))
  test('silences what lives on it, and what still stands afterwards is told then', () => {
    expect(told([failing(0, 'a'), ...away(10, 1210), failing(1210, 'a')])).toEqual(
      ['40 he1: unreachable', '1240 resolved: he1: unreachable', '1210 he1: reconcile failed: Proxy/a'].sort(
        (one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10),
      ),
    )
  })
  test('does not remind of it meanwhile', () => {
    expect(told([failing(0, 'a'), ...away(60, 5 * hour)], 5 * hour).filter((line) => line.includes('Proxy/a'))).toEqual([
      '30 he1: reconcile failed: Proxy/a',
    ])
  })
  test('does not silence another one', () => {
    const other = report(10, { hypervisor: hypervisorName('he2'), drift: [driftOfFile('/etc/b')] })
    expect(told([...away(0, 300), other]).filter((line) => line.includes('he2'))).toEqual(['40 he2: drift found: file:/etc/b'])
  })
})

describe('what comes and goes', () => {
  test('is told less often the longer it does so, and its end when it stays away', () => {
    const events = Array.from({ length: 120 }, (_, minute) => (minute % 2 === 0 ? failing(minute * 60, 'a') : report(minute * 60)))
    const calm = Array.from({ length: 60 }, (_, minute) => report(7200 + minute * 60))
    const lines = told([...events, ...calm], 3 * hour)
    expect(lines.length).toBeLessThanOrEqual(6)
    expect(lines.at(-1)).toMatch(/ resolved: he1: reconcile failed: Proxy\/a$/)
  })
})

test('a hypervisor that leaves the fleet takes what waits along', () => {
  expect(told([failing(0, 'a'), { type: 'removed', hypervisor: he1, atSeconds: 10 }])).toEqual([])
})

describe('a silence', () => {
  const until = (untilSeconds: number, of: SilenceOf): readonly Silence[] => [
    { id: 'abcdef12', reason: 'a new disk', givenBy: 'ann', fromSeconds: 0, untilSeconds, ...of },
  ]
  const both = [0, 60, 120, 600, 660].map((seconds) => failing(seconds, 'a', 'b'))

  test.each<readonly [string, SilenceOf, readonly string[]]>([
    [
      'of a manifest leaves the others, and its own is told when it is over',
      { manifest: 'Proxy/a' },
      ['30 he1: reconcile failed: Proxy/b', '500 he1: reconcile failed: Proxy/a'],
    ],
    ['of a condition holds all of it', { condition: 'ReconcileFailed' }, ['500 he1: reconcile failed: 2 causes']],
    ['of a hypervisor holds all that is on it', { hypervisor: 'he1' }, ['500 he1: reconcile failed: 2 causes']],
    ['of another hypervisor holds nothing', { hypervisor: 'he2' }, ['30 he1: reconcile failed: 2 causes']],
    ['of two things holds what is both', { hypervisor: 'he1', condition: 'DriftFound' }, ['30 he1: reconcile failed: 2 causes']],
  ])('%s', (_name, of, mails) => expect(told(both, hour, until(500, of))).toEqual(mails))

  test('of many leaves no mail without a word about the one beside them', () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const silences = names.flatMap((name) => until(hour * 2, { manifest: `Proxy/${name}` }))
    const [only, ...others] = play([failing(0, ...names, 'f')], hour, silences).sent
    expect(others).toEqual([])
    expect(only?.mail.subject).toBe('[reeve] he1: reconcile failed: 1 cause')
    expect(only?.mail.text).toContain('he1: reconcile of Proxy/f failed')
  })
  test('tells nothing of what came and went within it', () => {
    expect(told([failing(0, 'a'), report(300)], hour, until(500, { hypervisor: 'he1' }))).toEqual([])
  })
  test('that begins after a mail keeps its end until it is over', () => {
    const silences = until(2000, { hypervisor: 'he1' })
    const { sent, state } = play([failing(0, 'a')], 100)
    expect(sent).toHaveLength(1)
    const over = updateAlerts(state, report(1000), settings, silences)
    expect(over.mails).toEqual([])
    expect(updateAlerts(over.state, tick(1999), settings, silences).mails).toEqual([])
    expect(updateAlerts(over.state, tick(2000), settings, silences).mails.map(({ subject }) => subject)).toEqual([
      '[reeve] resolved: he1: reconcile failed: Proxy/a',
    ])
  })
})
