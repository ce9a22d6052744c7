import type { Alarm } from '../../model/alarm.ts'

/** What the assessment of one part comes to. */
export interface Part {
  readonly healthy: boolean
  readonly reason: string
  readonly message: string
  readonly alarms: readonly Alarm[]
  /** About these nothing is over yet. */
  readonly unread: readonly string[]
}
