import type { HistoryEntry } from '../model/history.ts'
import type { StatusView } from '../model/status.ts'
import type { Suspension } from '../model/suspension.ts'
import type { Alert } from './alerts.ts'
import { oneLine, printable, type Rendered, renderMail, utc, wrap } from './mails.ts'

export interface DigestFacts {
  readonly status: StatusView
  /** Told, and not over. */
  readonly alerts: readonly Alert[]
  /** What happened since the last digest, newest first. */
  readonly history: readonly HistoryEntry[]
  readonly fromSeconds: number
  readonly nowSeconds: number
}

/** Of more than so many the rest is counted. */
const most = 20

/** How the fleet stands, and what happened since the last mail of this sort. Pure. */
export function renderDailyDigest(facts: DigestFacts): Rendered {
  const { status, alerts, fromSeconds, nowSeconds } = facts
  const down = status.hypervisors.filter(({ isUp }) => isUp !== true)
  const drift = status.resources.flatMap((one) => one.drift)
  const withheld = status.hypervisors.flatMap(({ name, withheld: held }) => held.map((one) => ({ name, ...one })))
  const trouble = [
    ...(down.length > 0 ? [`${down.length} of ${counted(status.hypervisors.length, 'hypervisor')} away`] : []),
    ...(alerts.length > 0 ? [counted(alerts.length, 'alert')] : []),
    ...(drift.length > 0 ? [`${drift.length} open drift`] : []),
    ...(withheld.length > 0 ? [`${withheld.length} withheld`] : []),
    ...(status.errors.length > 0 ? [counted(status.errors.length, 'error')] : []),
  ]
  return renderMail(
    `${status.fleet}: digest: ${trouble.length === 0 ? 'all is well' : trouble.join(', ')}`,
    [
      ['Fleet', `${status.fleet}: ${counted(status.hypervisors.length, 'hypervisor')}, ${counted(status.resources.length, 'manifest')}`],
      ['From', utc(fromSeconds)],
      ['Until', utc(nowSeconds)],
      ['Commit', inForce(status)],
      ['Refused', status.refused === null ? undefined : 'newer commits are not applied; see reeve status'],
    ],
    [
      ...listed(
        'Away',
        down.map(({ name, message }) => `${name}: ${message || 'not seen yet'}`),
      ),
      ...listed(
        'Standing',
        alerts.map(({ condition, summary, sinceSeconds }) => `${condition} since ${utc(sinceSeconds)}: ${summary}`),
      ),
      ...listed(
        'Drift',
        drift.map(({ target, item, field, sinceSeconds }) => `${target} ${item} ${field}, since ${utc(sinceSeconds)}`),
      ),
      ...listed(
        'Withheld',
        withheld.map(
          ({ name, brake, because, approval }) => `${name}: ${brake}: ${because}${approval === null ? '' : `; reeve approve ${approval}`}`,
        ),
      ),
      ...listed('Errors', status.errors),
      ...happened(facts),
      ...listed(
        'Silences',
        status.silences.map((one) => `until ${utc(one.untilSeconds)}, by ${one.givenBy}: ${one.reason}`),
      ),
      ...listed(
        'Suspended',
        status.suspensions.map((one) => `${suspended(one)} until ${utc(one.untilSeconds)}, by ${one.givenBy}: ${one.reason}`),
      ),
    ],
    trouble.length === 0 ? 'nothing.' : 'what stands was mailed when it began; reeve status shows it as it is now.',
  )
}

function suspended({ hypervisor, manifest }: Suspension): string {
  if (hypervisor === undefined && manifest === undefined) return 'the whole fleet'
  return [manifest, hypervisor === undefined ? undefined : `on ${hypervisor}`].filter((part) => part !== undefined).join(' ')
}

function inForce({ commit }: StatusView): string {
  if (commit === null) return 'none is in force yet'
  return `${commit.hash.slice(0, 12)} by ${oneLine(commit.author)}: ${oneLine(commit.subject)}, of ${utc(commit.atSeconds)}`
}

function happened({ history }: DigestFacts): readonly string[] {
  const of = (sort: HistoryEntry['sort']) => history.filter((entry) => entry.sort === sort)
  const commits = of('commit').flatMap(({ subject, detail }) => {
    const {
      author,
      subject: title,
      refused,
    } = detail as { readonly author?: string; readonly subject?: string; readonly refused?: unknown }
    if (refused !== undefined || author === undefined) return []
    return [`${subject.slice(0, 12)} by ${author}: ${title ?? ''}`]
  })
  const drifts = new Map<string, number>()
  for (const { subject, detail } of of('drift')) {
    const item = (detail as { readonly item?: string }).item ?? subject
    drifts.set(item, (drifts.get(item) ?? 0) + 1)
  }
  const runs = new Map<string, number>()
  for (const { detail } of of('reconcile')) {
    const status = String((detail as { readonly status?: string }).status ?? 'unknown')
    runs.set(status, (runs.get(status) ?? 0) + 1)
  }
  const quiet = commits.length + drifts.size + runs.size + of('mail').length === 0
  return [
    ...listed('Commits', commits),
    ...listed(
      'Drift that was seen',
      [...drifts].map(([item, times]) => (times === 1 ? item : `${item}, ${times} times`)),
    ),
    ...(runs.size === 0
      ? []
      : [wrap(`Reconciles that were not idle: ${[...runs].map(([status, times]) => `${times} ${status}`).join(', ')}.`)]),
    ...(of('mail').length === 0 ? [] : [`${counted(of('mail').length, 'mail')} of alerts.`]),
    ...(quiet ? ['Nothing happened: no commit, no drift, no change on any host.'] : []),
  ]
}

/** What tells a person, or a service that rings when it stays away, that Reeve does its work. Pure. */
export function renderAlive(status: StatusView, nowSeconds: number, nextSeconds: number): Rendered {
  const up = status.hypervisors.filter(({ isUp }) => isUp === true).length
  return renderMail(
    `${status.fleet}: Reeve is alive`,
    [
      ['Fleet', `${status.fleet}: ${up} of ${counted(status.hypervisors.length, 'hypervisor')} answer`],
      ['At', utc(nowSeconds)],
      ['Commit', inForce(status)],
      ['Next', `${utc(nextSeconds)}, and not while Reeve does not work`],
    ],
    [],
    'nothing, as long as this mail comes. When it stays away, look after Reeve itself.',
  )
}

function listed(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return []
  const more = lines.length > most ? [`  [${lines.length - most} more]`] : []
  return [[`${title}:`, ...lines.slice(0, most).map((line) => wrap(`  ${printable(line)}`, '    ')), ...more].join('\n')]
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
