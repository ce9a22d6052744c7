import { expect, it } from 'vitest'
import { maintenanceSilences } from '../../controller/cli/maintenance.ts'
import { isSilenced } from '../../controller/model/silence.ts'
import { type AlertState, noAlerts, updateAlerts } from '../../controller/report/alerts.ts'
import { alertSettings } from '../report/day/plan.ts'
import { driftOfFile, he1, report } from '../report/reports.ts'

// Saturday, 16 November 2024, 03:00 in Berlin, which is 02:00 UTC.
const saturday = Date.UTC(2024, 10, 16, 2) / 1000
const window = { cron: '0 3 * * 6', duration: '2h', timeZone: 'Europe/Berlin', reason: 'the weekly restart', hypervisor: 'he1' }

it.each([
  [-1, 0],
  [0, 1],
  [7199, 1],
  [7200, 0],
  [7 * 86_400, 1],
])('%i seconds from its beginning there are %i silences of a window of two hours', (after, count) => {
  const now = saturday + after
  const silences = maintenanceSilences([window], now)
  expect(silences.length).toBe(count)
  expect(isSilenced({ condition: 'DriftFound', hypervisor: 'he1', key: 'DriftFound he1 Proxy/edge' }, silences, now)).toBe(count === 1)
  expect(isSilenced({ condition: 'DriftFound', hypervisor: 'he2', key: 'DriftFound he2 Proxy/edge' }, silences, now)).toBe(false)
})

it('says who gave it, why, and until when', () => {
  const times = { fromSeconds: saturday, untilSeconds: saturday + 7200 }
  expect(maintenanceSilences([window], saturday + 60)).toEqual([
    { ...times, id: 'maintenance-1', hypervisor: 'he1', reason: 'the weekly restart', givenBy: 'reeve.yaml' },
  ])
})

it('what broke within the hours and still stands afterwards is mailed then', () => {
  let state: AlertState = noAlerts
  const subjects: string[] = []
  const see = (at: number) => {
    const now = saturday + at
    for (const event of [report(now, { hypervisor: he1, drift: [driftOfFile('/etc/motd')] }), { type: 'tick', atSeconds: now } as const]) {
      const next = updateAlerts(state, event, alertSettings, maintenanceSilences([window], now))
      state = next.state
      subjects.push(...next.mails.map(({ subject }) => subject))
    }
  }
  for (let at = 60; at < 7200; at += 60) see(at)
  expect(subjects).toEqual([])
  see(7260)
  expect(subjects).toEqual(['[reeve] he1: drift found: file:/etc/motd'])
})
