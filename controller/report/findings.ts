import type { AlertCondition } from '../model/alarm.ts'
import type { ControllerEvent, FailedTransaction, ReconcileReport } from '../model/event.ts'
import type { PlannedChange } from '../model/plan.ts'
import type { RefusedCommits } from '../model/refusedCommits.ts'
import { targetKey } from '../model/target.ts'
import { renderEtcd } from './etcdMail.ts'
import { renderHook } from './hookMail.ts'
import { renderHostKey, renderHostRefused, renderUnreachable } from './hostMails.ts'
import {
  author,
  itemOf,
  type Rendered,
  renderAlarm,
  renderBadCommit,
  renderDrift,
  renderFailure,
  renderGit,
  renderRefused,
  renderWithheld,
} from './mails.ts'
import { noticedFor } from './noticed.ts'
import { renderRefusedCommits } from './refusedMail.ts'
import { renderUncleanStop } from './uncleanMail.ts'

/** A cause of alarm that one event shows. */
export interface Finding {
  /** The cause: condition and what it is about. One mail for each, until it is resolved. */
  readonly key: string
  readonly condition: AlertCondition
  /** Hypervisor that it is about; empty for Git. */
  readonly hypervisor: string
  /** Parts of the cause. A part that was not mailed yet is worth another mail. */
  readonly items: readonly string[]
  /** Over already when it was found. */
  readonly isCorrected: boolean
  /** One line: for lists and for the resolution. */
  readonly summary: string
  render(sinceSeconds: number): Rendered
}

/** All causes of alarm in an event. */
export function findingsOf(event: ControllerEvent): readonly Finding[] {
  if (event.type === 'reconciled')
    return [...driftOf(event.report), ...failuresOf(event), ...withheldOf(event), ...refusalsOf(event), ...alarmsOf(event.report)]
  if (event.type === 'hostFailed') return [hostFailure(event)]
  if (event.type === 'committed') return badCommit(event)
  if (event.type === 'git') return [...(event.status === 'trouble' ? [gitTrouble(event.message)] : []), ...commitRefused(event.refused)]
  if (event.type === 'etcd') return event.status === 'trouble' ? [etcdTrouble(event.message)] : []
  if (event.type === 'uncleanStop') return [uncleanStop(event)]
  if (event.type === 'webhook' && event.status === 'failing') return [hookRefused(event)]
  return []
}

type Reconciled = Extract<ControllerEvent, { type: 'reconciled' }>

function driftOf(report: ReconcileReport): readonly Finding[] {
  // What failed or waits for approval has a mail of its own that shows the same difference.
  const told = [...report.failed, ...report.withheld.filter((held) => held.approval !== undefined)].flatMap((part) =>
    part.changes.map(itemOf),
  )
  const drift = report.drift.filter((change) => !told.includes(itemOf(change)))
  const corrected = new Set(report.corrected.map(itemOf))
  return [...Map.groupBy(drift, ownerOf)].map(([owner, changes]) => driftFinding(report, owner, changes, corrected))
}

function driftFinding(report: ReconcileReport, owner: string, changes: readonly PlannedChange[], corrected: ReadonlySet<string>): Finding {
  const { hypervisor, commit, loggedIn } = report
  const isCorrected = changes.every((change) => corrected.has(itemOf(change)))
  const noticed = noticedFor(changes, report.noticed)
  return {
    key: `DriftFound ${hypervisor} ${owner}`,
    condition: 'DriftFound',
    hypervisor,
    items: changes.map(itemOf),
    isCorrected,
    summary: `${hypervisor}: drift of ${owner}`,
    render: (sinceSeconds) => renderDrift({ hypervisor, owner, changes, isCorrected, loggedIn, noticed, commit, sinceSeconds }),
  }
}

function failuresOf({ report, commit }: Reconciled): readonly Finding[] {
  const failures: readonly (readonly [string, readonly FailedTransaction[]])[] = [
    ...Map.groupBy(report.failed, (failed) => failed.owners.join(', ') || 'unknown owner'),
  ]
  const wholes = report.error === undefined ? [] : [['the cycle', []] as const]
  return [...failures, ...wholes].map(([owner, failed]) => ({
    key: `ReconcileFailed ${report.hypervisor} ${owner}`,
    condition: 'ReconcileFailed',
    hypervisor: report.hypervisor,
    items: failed.flatMap((transaction) => transaction.changes.map(itemOf)),
    isCorrected: false,
    summary: `${report.hypervisor}: reconcile of ${owner} failed`,
    render: (sinceSeconds) =>
      renderFailure({
        hypervisor: report.hypervisor,
        owner,
        failed,
        commit: report.commit,
        sinceSeconds,
        ...(commit ? { author: commit } : {}),
        ...(failed.length === 0 && report.error !== undefined ? { error: report.error } : {}),
      }),
  }))
}

function withheldOf({ report: { hypervisor, withheld, commit: hash }, commit }: Reconciled): readonly Finding[] {
  return withheld
    .filter((held) => held.approval !== undefined || held.brake === 'OwnMachine')
    .map((held) => ({
      key: `Withheld ${hypervisor} ${held.approval ?? held.changes.map(({ id }) => id).join(' ')}`,
      condition: held.brake === 'Rollout' ? 'RolloutWaits' : 'Withheld',
      hypervisor,
      items: [],
      isCorrected: false,
      summary:
        held.brake === 'Rollout'
          ? `${hypervisor}: ${held.changes.length} change(s) wait for a placement that comes first`
          : `${hypervisor}: ${held.brake} holds ${held.changes.length} change(s) back until approved`,
      render: (sinceSeconds) => renderWithheld(hypervisor, held, author(commit) ?? hash.slice(0, 12), sinceSeconds),
    }))
}

/** What cannot be done as it is asked for, and needs a commit or a person: told once for each manifest. */
function refusalsOf({ report: { hypervisor, refused, commit: hash }, commit }: Reconciled): readonly Finding[] {
  return [...Map.groupBy(refused, ({ owners }) => owners[0] ?? 'nobody')].map(([owner, refusals]) => ({
    key: `Refused ${hypervisor} ${owner}`,
    condition: 'Refused',
    hypervisor,
    items: refusals.map(({ target, id }) => `${targetKey(target)} ${id}`),
    isCorrected: false,
    summary: `${hypervisor}: ${owner} cannot be made as it is asked for`,
    render: (sinceSeconds) => renderRefused(hypervisor, owner, refusals, author(commit) ?? hash.slice(0, 12), sinceSeconds),
  }))
}

/** What vitals say that people must hear of, in their words. */
function alarmsOf({ hypervisor, vitals, commit }: ReconcileReport): readonly Finding[] {
  return vitals.flatMap(({ manifest, assessment }) =>
    (assessment.alarms ?? []).map((alarm) => ({
      key: `${alarm.condition} ${hypervisor} ${manifest} ${alarm.subject}`,
      condition: alarm.condition,
      hypervisor,
      items: alarm.items,
      isCorrected: false,
      summary: `${hypervisor}: ${alarm.summary}`,
      render: (sinceSeconds) => renderAlarm(hypervisor, manifest, alarm, commit, sinceSeconds),
    })),
  )
}

/** Whether this report shows that an alarm, which it does not hold, is over: its subject was read, or nobody watches it any more. */
export function isAlarmOver({ key, condition }: Pick<Finding, 'key' | 'condition'>, report: ReconcileReport): boolean {
  const prefix = (manifest: string) => `${condition} ${report.hypervisor} ${manifest} `
  if (report.unasked?.some((manifest) => key.startsWith(prefix(manifest)))) return false
  const own = report.vitals.filter(({ manifest }) => key.startsWith(prefix(manifest)))
  // Beside the one that tells alarms a manifest may have others that never do: those were read, and say nothing of it.
  return own.every(
    ({ manifest, assessment: { healthy, alarms, unread = [] } }) =>
      (alarms !== undefined || healthy !== 'unknown') && !unread.includes(key.slice(prefix(manifest).length)),
  )
}

function hostFailure({ hypervisor, kind, message }: Extract<ControllerEvent, { type: 'hostFailed' }>): Finding {
  if (kind === 'error') return wholeFailure(hypervisor, message)
  const { condition, summary, render } = hostFailures[kind] ?? unreachable
  return {
    key: `${condition} ${hypervisor}`,
    condition,
    hypervisor,
    items: [],
    isCorrected: false,
    summary: `${hypervisor}: ${summary}`,
    render: (sinceSeconds) => render(hypervisor, message, sinceSeconds),
  }
}

interface HostFailure {
  readonly condition: AlertCondition
  readonly summary: string
  render(hypervisor: string, message: string, sinceSeconds: number): Rendered
}

const unreachable: HostFailure = { condition: 'Unreachable', summary: 'unreachable', render: renderUnreachable }
/** By the kind of the error; every other one says that the host cannot be talked to. */
const hostFailures: Readonly<Record<string, HostFailure>> = {
  hostKey: { condition: 'HostKeyChanged', summary: 'its host key is not the pinned one', render: renderHostKey },
  refused: { condition: 'HostRefused', summary: 'it refuses this fleet', render: renderHostRefused },
}

/** The host answered, and could not be worked on as a whole: its disk is full, it is read-only. */
function wholeFailure(hypervisor: string, message: string): Finding {
  return {
    key: `ReconcileFailed ${hypervisor}`,
    condition: 'ReconcileFailed',
    hypervisor,
    items: [],
    isCorrected: false,
    summary: `${hypervisor}: nothing could be done there`,
    render: (sinceSeconds) => renderFailure({ hypervisor, owner: 'the whole host', failed: [], error: message, commit: '', sinceSeconds }),
  }
}

function badCommit({ commit, diagnostics }: Extract<ControllerEvent, { type: 'committed' }>): readonly Finding[] {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error')
  if (errors.length === 0) return []
  return [
    {
      key: 'BadCommit',
      condition: 'BadCommit',
      hypervisor: '',
      // Without the line: an error that only moved within its file was told already.
      items: errors.map(({ at, path, summary }) => `${at.file} ${path} ${summary}`),
      isCorrected: false,
      summary: `${errors.length} error(s) in the manifests since commit ${commit.hash.slice(0, 12)}`,
      render: (sinceSeconds) => renderBadCommit(commit, errors, sinceSeconds),
    },
  ]
}

function gitTrouble(message: string): Finding {
  return {
    key: 'GitTrouble',
    condition: 'GitTrouble',
    hypervisor: '',
    items: [],
    isCorrected: false,
    summary: 'Git cannot be read',
    render: (sinceSeconds) => renderGit(message, sinceSeconds),
  }
}

function etcdTrouble(message: string): Finding {
  return {
    key: 'EtcdUnreachable',
    condition: 'EtcdUnreachable',
    hypervisor: '',
    items: [],
    isCorrected: false,
    summary: 'this replica cannot reach etcd',
    render: (sinceSeconds) => renderEtcd(message, sinceSeconds),
  }
}

function commitRefused(refused: RefusedCommits | undefined): readonly Finding[] {
  if (refused === undefined) return []
  return [
    {
      key: 'CommitRefused',
      condition: 'CommitRefused',
      hypervisor: '',
      // Another head above the same commits is no news; another commit that is not trusted is.
      items: refused.count > 0 ? refused.commits.map(({ commit }) => commit) : [`${refused.reason} ${refused.head}`],
      isCorrected: false,
      summary: `commits up to ${refused.head.slice(0, 12)} are not applied: ${refused.because}`,
      render: (sinceSeconds) => renderRefusedCommits(refused, sinceSeconds),
    },
  ]
}

/** Over already: Reeve runs again. */
function uncleanStop({ stop, atSeconds }: Extract<ControllerEvent, { type: 'uncleanStop' }>): Finding {
  return {
    key: 'UncleanStop',
    condition: 'UncleanStop',
    hypervisor: '',
    items: [`${stop.startedSeconds}`],
    isCorrected: true,
    summary: 'Reeve itself did not stop in order',
    render: () => renderUncleanStop(stop, atSeconds),
  }
}

function hookRefused({ failures, message }: Extract<ControllerEvent, { type: 'webhook' }>): Finding {
  return {
    key: 'WebhookRefused',
    condition: 'WebhookRefused',
    hypervisor: '',
    items: [],
    isCorrected: false,
    summary: 'webhooks are signed with another secret',
    render: (sinceSeconds) => renderHook(failures, message, sinceSeconds),
  }
}

/** The manifest that a change is told under. */
export function ownerOf(change: PlannedChange): string {
  return change.owners[0] ?? 'nobody'
}
