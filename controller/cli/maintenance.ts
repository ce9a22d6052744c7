import { openTimes } from '../loop/policy.ts'
import type { Maintenance, Silence } from '../model/silence.ts'

/** The silences that reeve.yaml asks for now: one for each of its windows that is open. */
export function maintenanceSilences(windows: readonly Maintenance[], nowSeconds: number): readonly Silence[] {
  return windows.flatMap(({ cron, duration, timeZone, reason, ...of }, index) => {
    const times = openTimes({ cron, duration, ...(timeZone === undefined ? {} : { timeZone }) }, nowSeconds)
    return times === undefined ? [] : [{ ...of, ...times, id: `maintenance-${index + 1}`, reason, givenBy: 'reeve.yaml' }]
  })
}
