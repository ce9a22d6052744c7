import { type AlertCondition, alarmConditions, alertConditions } from '../model/alarm.ts'
import type { ControllerEvent } from '../model/event.ts'
import type { Mail } from '../model/mail.ts'
import { isSilenced, type Silence, type Silenceable } from '../model/silence.ts'
import { targetKey } from '../model/target.ts'
import { notAhead } from './clockBack.ts'
import { type Finding, findingsOf, isAlarmOver } from './findings.ts'
import { type Group, type GroupSettings, isGroup, type Notice, notify } from './groups.ts'
import type { Rendered } from './mails.ts'

/** A cause that was seen and is not over. */
export interface Alert {
  readonly key: string
  readonly condition: AlertCondition
  readonly hypervisor: string
  readonly summary: string
  readonly sinceSeconds: number
  readonly lastSeenSeconds: number
  readonly count: number
  /** Parts that a notice told already. */
  readonly told: readonly string[]
  /** Found and put right by Reeve; kept for a while, so that a fight over one file is not a mail a minute. */
  readonly isCorrected: boolean
  /** False as long as it is within its grace. */
  readonly isTold: boolean
  /** How often it came back soon after it was over. */
  readonly flaps: number
  /** Since when it is not seen any more: one that came back before must stay away for a while to be over. */
  readonly awaySeconds?: number
}

/** A cause that was over a short while ago. */
interface Past {
  readonly key: string
  readonly endedSeconds: number
  readonly flaps: number
}

/** Plain data: kept in the store, so that a restart repeats no mail. */
export interface AlertState {
  readonly version: 2
  readonly alerts: readonly Alert[]
  readonly past: readonly Past[]
  readonly groups: readonly Group[]
}

export interface AlertSettings extends GroupSettings {
  /** How long a cause must last before it is worth a mail. A condition that is not named: at once. */
  readonly graceSeconds: Readonly<Partial<Record<AlertCondition, number>>>
  /** How long a drift that Reeve corrected must stay away to be over. */
  readonly settleSeconds: number
  /** How long a cause that came back must stay away to be over; twice as long with each time that it comes back within an hour, at most half an hour. */
  readonly keepFiringSeconds: number
}

export interface AlertUpdate {
  readonly state: AlertState
  readonly mails: readonly Mail[]
}

export const noAlerts: AlertState = { version: 2, alerts: [], past: [], groups: [] }

const flapWindowSeconds = 3600
const longestAwaySeconds = 1800
const forgottenHookSeconds = 86_400

/** What is critical wakes somebody; the rest can wait for the morning. */
export const severities: Readonly<Record<AlertCondition, 'critical' | 'warning'>> = {
  Unreachable: 'critical',
  HostKeyChanged: 'critical',
  HostRefused: 'critical',
  DriftFound: 'warning',
  ReconcileFailed: 'critical',
  BadCommit: 'warning',
  GitTrouble: 'warning',
  CommitRefused: 'critical',
  UncleanStop: 'warning',
  EtcdUnreachable: 'critical',
  WebhookRefused: 'warning',
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
  OpenRelay: 'critical',
}

/** State as it was saved, or none where it makes no sense (an older or damaged store): at worst a mail is repeated. */
export function readAlertState(saved: unknown): AlertState {
  const state = saved as Partial<AlertState> | undefined
  const lists = [state?.alerts, state?.past, state?.groups]
  const isSound = state?.version === 2 && lists.every(Array.isArray) && state.alerts?.every(isAlert) && state.groups?.every(isGroup)
  return isSound ? (state as AlertState) : noAlerts
}

/** What people were told of, and is not over. */
export function standingAlerts({ alerts }: AlertState): readonly Alert[] {
  return alerts.filter(({ isTold, isCorrected, awaySeconds }) => isTold && !isCorrected && awaySeconds === undefined)
}

/** Whether two states tell people the same: what stands may have been seen again since. Cheap where one came of the other. */
export function isAlike(one: AlertState, other: AlertState): boolean {
  const alerts = (of: AlertState): readonly Alert[] => of.alerts.toSorted(byKey)
  return areAlike(one.groups, other.groups) && areAlike(one.past, other.past) && areAlike(alerts(one), alerts(other), whenever)
}

function areAlike<T>(some: readonly T[], others: readonly T[], read: (one: T) => unknown = (one) => one): boolean {
  if (some.length !== others.length) return false
  return some.every((one, index) => one === others[index] || JSON.stringify(read(one)) === JSON.stringify(read(others[index] as T)))
}

function byKey(one: Alert, other: Alert): number {
  return one.key < other.key ? -1 : Number(one.key > other.key)
}

function whenever(alert: Alert): Alert {
  return { ...alert, lastSeenSeconds: 0 }
}

function isAlert(value: Partial<Alert> | null): boolean {
  const isKnown = alertConditions.some((condition) => condition === value?.condition)
  return isKnown && Array.isArray(value?.told) && Number.isFinite(value?.sinceSeconds)
}

/** What is wrong, and the mails that are due. Pure: the same state and event give the same mails with the same ids. */
export function updateAlerts(
  before: AlertState,
  event: ControllerEvent,
  settings: AlertSettings,
  silences: readonly Silence[] = [],
): AlertUpdate {
  const now = timeOf(event)
  const state = notAhead(before, now, Math.max(settings.groupWaitSeconds, settings.groupIntervalSeconds))
  const findings = findingsOf(event)
  const found = findings.map((finding) => see(state, finding, now, settings))
  const rest = state.alerts
    .filter((alert) => !findings.some((finding) => finding.key === alert.key))
    .map((alert) => miss(alert, event, now, settings))
  const steps = [...rest, ...found]
  const alerts = steps.flatMap(({ alert }) => alert ?? [])
  const past = [
    ...state.past.filter(({ endedSeconds }) => now - endedSeconds < flapWindowSeconds),
    ...steps.flatMap((step) => step.past ?? []),
  ]
  const groups = event.type === 'removed' ? state.groups.filter(({ hypervisor }) => hypervisor !== event.hypervisor) : state.groups
  const notices = steps.flatMap(({ notice }) => notice ?? [])
  const cutOff = new Set(alerts.filter(isOfTheWholeHost).map(({ hypervisor }) => hypervisor))
  const isMuted = (cause: Silenceable) => isInhibited(cause, cutOff) || isSilenced(cause, silences, now)
  const told = notify(groups, notices, { now, settings, isMuted })
  return { state: { version: 2, alerts, past: newest(past), groups: told.groups }, mails: told.mails }
}

interface Step {
  readonly alert?: Alert
  readonly notice?: Notice
  readonly past?: Past
}

function see({ alerts, past }: AlertState, finding: Finding, now: number, settings: AlertSettings): Step {
  const known = alerts.find((alert) => alert.key === finding.key)
  const before = past.find(({ key }) => key === finding.key)
  const alert: Alert = {
    key: finding.key,
    condition: finding.condition,
    hypervisor: finding.hypervisor,
    summary: finding.summary,
    isCorrected: finding.isCorrected,
    sinceSeconds: known?.sinceSeconds ?? now,
    lastSeenSeconds: now,
    // A cause that lasts is one; a drift that comes back is counted.
    count: known && !known.isCorrected && known.awaySeconds === undefined ? known.count : (known?.count ?? 0) + 1,
    told: known?.told ?? [],
    isTold: known?.isTold ?? false,
    flaps: flapsOf(known, before, now),
  }
  const isInGrace = now - alert.sinceSeconds < (settings.graceSeconds[finding.condition] ?? 0)
  const isNews = !alert.isTold || finding.items.some((item) => !alert.told.includes(item))
  if (isInGrace || !isNews) return { alert }
  const told = [...new Set([...alert.told, ...finding.items])]
  return { alert: { ...alert, told, isTold: true }, notice: noticeOf(alert, finding.render(alert.sinceSeconds)) }
}

function noticeOf({ key, condition, hypervisor, summary, sinceSeconds, isCorrected }: Alert, rendered: Rendered): Notice {
  return {
    status: 'found',
    key,
    condition,
    hypervisor,
    severity: severities[condition],
    summary,
    sinceSeconds,
    isPassing: isCorrected,
    rendered,
  }
}

function flapsOf(known: Alert | undefined, before: Past | undefined, now: number): number {
  if (known !== undefined) return known.awaySeconds === undefined ? known.flaps : known.flaps + 1
  return before === undefined || now - before.endedSeconds >= flapWindowSeconds ? 0 : before.flaps + 1
}

/** How long it must stay away to be over. */
function awaySecondsOf({ flaps }: Alert, { keepFiringSeconds }: AlertSettings): number {
  return flaps === 0 ? 0 : Math.min(longestAwaySeconds, keepFiringSeconds * 2 ** Math.min(flaps - 1, 20))
}

function miss(alert: Alert, event: ControllerEvent, now: number, settings: AlertSettings): Step {
  if (event.type === 'removed' && event.hypervisor === alert.hypervisor) return {}
  const isAway = alert.awaySeconds !== undefined && event.type === 'tick'
  if (!isAway && !isOver(alert, event)) return { alert }
  if (alert.isCorrected && now - alert.lastSeenSeconds < settings.settleSeconds) return { alert }
  const awaySeconds = alert.awaySeconds ?? now
  if (now - awaySeconds < awaySecondsOf(alert, settings)) return { alert: { ...alert, awaySeconds } }
  const past: Past = { key: alert.key, endedSeconds: now, flaps: alert.flaps }
  const { key, condition, hypervisor, count } = alert
  const isQuiet = !alert.isTold || (alert.isCorrected && count === 1)
  return { past, notice: { status: 'over', key, condition, hypervisor, count, isQuiet } }
}

/** One for each cause, the last one. */
function newest(past: readonly Past[]): readonly Past[] {
  return [...new Map(past.map((one) => [one.key, one])).values()]
}

const ofTheWholeHost: ReadonlySet<string> = new Set(['Unreachable', 'HostKeyChanged', 'HostRefused'])

function isOfTheWholeHost({ condition, awaySeconds }: Alert): boolean {
  return ofTheWholeHost.has(condition) && awaySeconds === undefined
}

/** Whether a cause that explains these stands: what lives on a hypervisor that cannot be reached is not told apart. */
function isInhibited({ condition, hypervisor }: Silenceable, cutOff: ReadonlySet<string>): boolean {
  return !ofTheWholeHost.has(condition) && cutOff.has(hypervisor)
}

/** Whether this event, which does not show the cause, proves that it is gone. What was not read proves nothing. */
function isOver(alert: Alert, event: ControllerEvent): boolean {
  if (alert.condition === 'BadCommit') return event.type === 'committed'
  if (alert.condition === 'GitTrouble' || alert.condition === 'CommitRefused') return event.type === 'git'
  if (alert.condition === 'UncleanStop') return event.type === 'tick'
  if (alert.condition === 'EtcdUnreachable') return event.type === 'etcd'
  if (alert.condition === 'WebhookRefused') return isHookOver(alert, event)
  if (event.type !== 'reconciled' || event.report.hypervisor !== alert.hypervisor || event.report.isUnsettled) return false
  if (ofTheWholeHost.has(alert.condition)) return true
  if (event.report.error !== undefined) return false
  if (alarmConditions.some((condition) => condition === alert.condition)) return isAlarmOver(alert, event.report)
  const unknown = event.report.unknown.map((item) => `${targetKey(item.target)} ${item.id}`)
  return !alert.told.some((item) => unknown.includes(item))
}

/** A delivery that is right proves it; and where none comes at all for a day, there is nothing to tell of any more. */
function isHookOver({ lastSeenSeconds }: Alert, event: ControllerEvent): boolean {
  if (event.type === 'webhook') return event.status === 'accepted'
  return event.type === 'tick' && event.atSeconds - lastSeenSeconds > forgottenHookSeconds
}

/** When it happened, seconds since the epoch. */
export function timeOf(event: ControllerEvent): number {
  return event.type === 'reconciled' ? event.report.endedSeconds : event.atSeconds
}

/** Causes that stand now and were told; a drift that was corrected stands no more. */
export function standing(state: AlertState): readonly Alert[] {
  return state.alerts.filter((alert) => !alert.isCorrected && alert.isTold)
}
