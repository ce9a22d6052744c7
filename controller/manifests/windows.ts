import { Cron } from 'croner'
import { complain } from '../model/kind.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import { parseSeconds } from '../model/quantity.ts'

interface Window {
  readonly cron: string
  readonly duration: string
  readonly timeZone?: string
}

const at = 'spec.maintenanceWindow'
/** Times on the clock, such as `0 3 * * 6`; names of days and months as cron(8) knows them. */
const fieldsOfCron = 5

/** What no schema can say of the fields that every kind has: a window that no calendar knows would silently never open. */
export function checkCommon(manifest: Manifest): readonly Diagnostic[] {
  const { maintenanceWindow: window } = manifest.spec as { readonly maintenanceWindow?: Window }
  if (window === undefined) return []
  const duration = parseSeconds(window.duration)
  return [
    ...checkZone(manifest, window.timeZone),
    ...checkCron(manifest, window.cron),
    ...(duration.ok ? [] : [complain(manifest, `${at}.duration`, duration.reason)]),
    ...(duration.ok && duration.value < 60
      ? [complain(manifest, `${at}.duration`, `a window of ${window.duration} is too short: at least 1m`)]
      : []),
  ]
}

function checkZone(manifest: Manifest, timeZone?: string): readonly Diagnostic[] {
  const fault = zoneFault(timeZone)
  return fault === undefined ? [] : [complain(manifest, `${at}.timeZone`, ...fault)]
}

function checkCron(manifest: Manifest, text: string): readonly Diagnostic[] {
  const fault = cronFault(text)
  return fault === undefined ? [] : [complain(manifest, `${at}.cron`, ...fault)]
}

/** Why a text is no time zone, and what to do. */
export function zoneFault(timeZone = 'UTC'): readonly [summary: string, hint: string] | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return undefined
  } catch {
    return [`${JSON.stringify(timeZone)} is not a time zone`, 'write a name of the IANA database such as Europe/Berlin']
  }
}

/** Why a text is no time on the clock, and what to do. */
export function cronFault(text: string): readonly [summary: string, hint: string] | undefined {
  const hint = 'write minute, hour, day, month and weekday, for example 0 3 * * 6'
  const words = text.trim().split(/\s+/)
  if (words.length !== fieldsOfCron) return [`${JSON.stringify(text)} has ${words.length} fields, not ${fieldsOfCron}`, hint]
  try {
    const next = new Cron(text, { timezone: 'UTC', paused: true }).nextRun(new Date(0))
    return next === null ? [`${JSON.stringify(text)} never comes`, hint] : undefined
  } catch (error) {
    return [`${JSON.stringify(text)} is no time in a calendar (${reasonOf(error)})`, hint]
  }
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^CronPattern: /, '')
}
