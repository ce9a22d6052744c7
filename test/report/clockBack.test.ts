import { expect, it } from 'vitest'
import type { ControllerEvent } from '../../controller/model/event.ts'
import { type AlertState, noAlerts, updateAlerts } from '../../controller/report/alerts.ts'
import { notAhead } from '../../controller/report/clockBack.ts'
import { atOnce, hostFailed, report } from './reports.ts'

const settings = { graceSeconds: { Unreachable: 60 }, settleSeconds: 900, ...atOnce, groupWaitSeconds: 30, groupIntervalSeconds: 300 }
const year = 31_536_000
const tick = (atSeconds: number): ControllerEvent => ({ type: 'tick', atSeconds })

function play(events: readonly ControllerEvent[]): { readonly subjects: readonly string[]; readonly state: AlertState } {
  let state = noAlerts
  const subjects: string[] = []
  for (const event of events) {
    const next = updateAlerts(state, event, settings)
    state = next.state
    subjects.push(...next.mails.map(({ subject }) => subject))
  }
  return { subjects, state }
}

const minutes = (from: number, count: number, event: (atSeconds: number) => ControllerEvent) =>
  Array.from({ length: count }, (_, index) => event(from + 60 * index))

it('a clock that went back during a grace does not make it last until the clock is there again', () => {
  const { subjects } = play([hostFailed(year), ...minutes(1000, 4, hostFailed)])
  expect(subjects).toEqual(['[reeve] he1: unreachable'])
})

it('a clock that went back after a mail does not hold back that it is over, nor what comes next', () => {
  const { subjects } = play([
    ...minutes(year, 4, hostFailed),
    report(1000),
    ...minutes(1001, 10, tick),
    ...minutes(2000, 10, hostFailed),
    ...minutes(2600, 40, (at) => report(at)),
  ])
  expect(subjects).toEqual([
    '[reeve] he1: unreachable',
    '[reeve] resolved: he1: unreachable',
    '[reeve] he1: unreachable',
    '[reeve] resolved: he1: unreachable',
  ])
})

it('a clock that goes on leaves the state the same object', () => {
  const { state } = play(minutes(1000, 4, hostFailed))
  expect(notAhead(state, 1180, 300)).toBe(state)
})
