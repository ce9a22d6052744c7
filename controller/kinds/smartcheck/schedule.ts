import { parseSeconds } from '../../model/quantity.ts'
import type { SmartCheckSpec } from './spec.ts'

type Schedule = NonNullable<SmartCheckSpec['schedule']>

export const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

/** Argument of smartd's -s for the disk at this place of the list; undefined where nothing is scheduled. */
export function scheduleOf(schedule: Schedule | undefined, index: number): string | undefined {
  if (schedule?.pattern !== undefined) return schedule.pattern
  const tests = [...shortTest(schedule?.short), ...longTest(schedule?.long, index * staggerHours(schedule))]
  return tests.length === 0 ? undefined : `(${tests.join('|')})`
}

/** Whole hours between one disk's long test and the next one's. */
export function staggerHours(schedule: Schedule | undefined): number {
  const read = parseSeconds(schedule?.stagger ?? '1h')
  return read.ok ? read.value / 3600 : 1
}

function shortTest(short: Schedule['short']): readonly string[] {
  return short === undefined
    ? []
    : [`S/../../${short.weekday === undefined ? '.' : weekdays.indexOf(short.weekday) + 1}/${two(short.hour)}`]
}

/** Later than asked for by so many hours: beyond midnight it is another day. */
function longTest(long: Schedule['long'], laterHours: number): readonly string[] {
  if (long === undefined) return []
  const hours = long.hour + laterHours
  const days = Math.floor(hours / 24)
  const hour = two(hours % 24)
  if (long.dayOfMonth !== undefined) return [`L/../${two(((long.dayOfMonth - 1 + days) % 28) + 1)}/./${hour}`]
  const weekday = long.weekday === undefined ? 0 : weekdays.indexOf(long.weekday)
  return [`L/../../${((weekday + days) % 7) + 1}/${hour}`]
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}

/** After so many hours of running without a long test one is overdue: two turns, and a day. Undefined where no long test is asked for in a rhythm that we know. */
export function longTestLimitHours(schedule: Schedule | undefined): number | undefined {
  if (schedule?.long === undefined) return undefined
  return (schedule.long.dayOfMonth === undefined ? 14 : 62) * 24 + 24
}
