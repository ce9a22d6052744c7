import { createHash } from 'node:crypto'
import { alarmConditions } from '../model/alarm.ts'
import type { ControllerEvent } from '../model/event.ts'
import type { Mail } from '../model/mail.ts'
import { targetKey } from '../model/target.ts'
import { type AlertCondition, alertConditions, type Finding, findingsOf, isAlarmOver } from './findings.ts'
import { type Rendered, renderResolved } from './mails.ts'

/** A cause that was seen and is not over. */
export interface Alert {
  readonly key: string
  readonly condition: AlertCondition
  readonly hypervisor: string
  readonly summary: string
  readonly sinceSeconds: number
  readonly lastSeenSeconds: number
  readonly count: number
  /** Parts that a mail told already. */
  readonly told: readonly string[]
  /** Found and put right by Reeve; kept for a while, so that a fight over one file is not a mail a minute. */
  readonly isCorrected: boolean
  /** Ids and subject of its mails; empty as long as it is within its grace. */
  readonly mails: readonly string[]
  readonly subject: string
}

/** Plain data: kept in the store, so that a restart repeats no mail. */
export interface AlertState {
  readonly version: 1
  readonly alerts: readonly Alert[]
}

export interface AlertSettings {
  /** How long a cause must last before it is worth a mail. A condition that is not named: at once. */
  readonly graceSeconds: Readonly<Partial<Record<AlertCondition, number>>>
  /** How long a drift that Reeve corrected must stay away to be over. */
  readonly settleSeconds: number
}

export interface AlertUpdate {
  readonly state: AlertState
  readonly mails: readonly Mail[]
}

export const noAlerts: AlertState = { version: 1, alerts: [] }

/** What is critical wakes somebody; the rest can wait for the morning. */
export const severities: Readonly<Record<AlertCondition, 'critical' | 'warning'>> = {
  Unreachable: 'critical',
  HostKeyChanged: 'critical',
  HostRefused: 'critical',
  DriftFound: 'warning',
  ReconcileFailed: 'critical',
  BadCommit: 'warning',
  GitTrouble: 'warning',
  Withheld: 'warning',
  RolloutWaits: 'warning',
  Refused: 'warning',
  DiskFailing: 'critical',
  DiskMissing: 'critical',
  SelfTestFailed: 'critical',
  DiskWearing: 'warning',
  DiskHot: 'warning',
  SelfTestOverdue: 'warning',
  DiskUnread: 'warning',
  DiskUnlisted: 'warning',
  LimitReached: 'warning',
  MailQueueLong: 'warning',
  MailQueueStuck: 'critical',
  FilesystemFilling: 'warning',
  FilesystemFull: 'critical',
  ThinPoolFilling: 'warning',
  ThinPoolFull: 'critical',
  SenderSilent: 'warning',
  SecondaryStale: 'critical',
}

/** State as it was saved, or none where it makes no sense (an older or damaged store): at worst a mail is repeated. */
export function readAlertState(saved: unknown): AlertState {
  const state = saved as Partial<AlertState> | undefined
  const isSound = state?.version === 1 && Array.isArray(state.alerts) && state.alerts.every(isAlert)
  return isSound ? (state as AlertState) : noAlerts
}

function isAlert(value: Partial<Alert> | null): boolean {
  const isKnown = alertConditions.some((condition) => condition === value?.condition)
  return isKnown && Array.isArray(value?.told) && Array.isArray(value?.mails) && Number.isFinite(value?.sinceSeconds)
}

/** One mail for each cause until it is resolved, then one that says so. Pure: the same state and event give the same mails with the same ids. */
export function updateAlerts(state: AlertState, event: ControllerEvent, settings: AlertSettings): AlertUpdate {
  const now = timeOf(event)
  const findings = findingsOf(event)
  const found = findings.map((finding) =>
    see(
      state.alerts.find((alert) => alert.key === finding.key),
      finding,
      now,
      settings,
    ),
  )
  const rest = state.alerts
    .filter((alert) => !findings.some((finding) => finding.key === alert.key))
    .map((alert) => miss(alert, event, now, settings))
  const all = [...rest, ...found]
  return { state: { version: 1, alerts: all.flatMap((each) => each.alert ?? []) }, mails: all.flatMap((each) => each.mail ?? []) }
}

interface Step {
  readonly alert?: Alert
  readonly mail?: Mail
}

function see(known: Alert | undefined, finding: Finding, now: number, settings: AlertSettings): Step {
  const alert: Alert = {
    key: finding.key,
    condition: finding.condition,
    hypervisor: finding.hypervisor,
    summary: finding.summary,
    isCorrected: finding.isCorrected,
    sinceSeconds: known?.sinceSeconds ?? now,
    lastSeenSeconds: now,
    // A cause that lasts is one; a drift that comes back is counted.
    count: known && !known.isCorrected ? known.count : (known?.count ?? 0) + 1,
    told: known?.told ?? [],
    mails: known?.mails ?? [],
    subject: known?.subject ?? '',
  }
  const isInGrace = now - alert.sinceSeconds < (settings.graceSeconds[finding.condition] ?? 0)
  const isNews = alert.mails.length === 0 || finding.items.some((item) => !alert.told.includes(item))
  if (isInGrace || !isNews) return { alert }
  return tell({ ...alert, told: [...new Set([...alert.told, ...finding.items])] }, finding.render(alert.sinceSeconds))
}

function miss(alert: Alert, event: ControllerEvent, now: number, settings: AlertSettings): Step {
  if (event.type === 'removed' && event.hypervisor === alert.hypervisor) return {}
  if (!isOver(alert, event)) return { alert }
  if (alert.isCorrected && now - alert.lastSeenSeconds < settings.settleSeconds) return { alert }
  const wasToldWhole = alert.mails.length === 0 || (alert.isCorrected && alert.count === 1)
  if (wasToldWhole) return {}
  const { mail } = tell(alert, renderResolved(alert.subject, alert.summary, alert.sinceSeconds, now, alert.count))
  return mail ? { mail } : {}
}

/** Whether this event, which does not show the cause, proves that it is gone. What was not read proves nothing. */
function isOver(alert: Alert, event: ControllerEvent): boolean {
  if (alert.condition === 'BadCommit') return event.type === 'committed'
  if (alert.condition === 'GitTrouble') return event.type === 'git'
  if (event.type !== 'reconciled' || event.report.hypervisor !== alert.hypervisor || event.report.isUnsettled) return false
  if (['Unreachable', 'HostKeyChanged', 'HostRefused'].includes(alert.condition)) return true
  if (event.report.error !== undefined) return false
  if (alarmConditions.some((condition) => condition === alert.condition)) return isAlarmOver(alert, event.report)
  const unknown = event.report.unknown.map((item) => `${targetKey(item.target)} ${item.id}`)
  return !alert.told.some((item) => unknown.includes(item))
}

function tell(alert: Alert, { subject, text }: Rendered): Required<Step> {
  const hash = createHash('sha256').update(`${alert.key}\n${alert.sinceSeconds}`).digest('hex').slice(0, 16)
  const mail: Mail = { id: `${alert.condition}.${hash}.${alert.mails.length + 1}`, references: alert.mails, subject, text }
  return { mail, alert: { ...alert, mails: [...alert.mails, mail.id], subject: alert.subject || subject } }
}

function timeOf(event: ControllerEvent): number {
  return event.type === 'reconciled' ? event.report.endedSeconds : event.atSeconds
}

/** How many causes stand now, by severity; a drift that was corrected stands no more. */
export function firing(state: AlertState): Readonly<Record<'critical' | 'warning', number>> {
  const open = state.alerts.filter((alert) => !alert.isCorrected && alert.mails.length > 0)
  const critical = open.filter((alert) => severities[alert.condition] === 'critical').length
  return { critical, warning: open.length - critical }
}
