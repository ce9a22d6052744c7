import { maxListed, oneLine, printable, type Rendered, renderMail, utc, wrap } from './mails.ts'

/** A cause among others, as a mail lists it. */
export interface Listed {
  readonly summary: string
  readonly subject: string
  readonly sinceSeconds: number
  /** All that there is to say of it; empty where that was left out. */
  readonly text?: string
  readonly overSeconds?: number
}

/** Whose causes these are. */
export interface Grouped {
  readonly condition: string
  readonly hypervisor: string
  /** Of the first mail of the thread; empty in that one. */
  readonly subject: string
}

/** As the mails of one cause call it; alarms have their own name there too. */
const words: Readonly<Record<string, string>> = {
  DriftFound: 'drift',
  ReconcileFailed: 'reconcile failed',
  Withheld: 'approval needed',
  RolloutWaits: 'waiting for a turn',
  Refused: 'refused',
}

/** Several causes of one condition on one hypervisor, that came or went since the last mail. */
export function renderGroup(group: Grouped, news: readonly Listed[], standing: number): Rendered {
  const over = news.filter(({ text, overSeconds }) => text === undefined && overSeconds !== undefined)
  const came = news.filter((one) => !over.includes(one))
  const details = came.flatMap(({ subject, text }) => (text ? [`${'-'.repeat(8)} ${oneLine(subject)}`, text.trimEnd()] : []))
  return renderMail(
    came.length === 0 && standing === 0 ? `resolved: ${bare(group.subject)}` : `${titleOf(group)}: ${counted(came.length, over.length)}`,
    [
      ['What', `${group.condition}, ${came.length} new, ${over.length} over, ${standing} standing`],
      ['On', group.hypervisor || undefined],
      ['Since', came.length > 0 ? utc(Math.min(...came.map(({ sinceSeconds }) => sinceSeconds))) : undefined],
    ],
    [...listed('New', came), ...listed('Over', over), ...details],
    came.length > 0 ? 'begin with the first; what is wrong with many at once often has one reason.' : 'nothing.',
  )
}

/** That something still stands, and since when. */
export function renderStanding(group: Grouped, standing: readonly Listed[], nowSeconds: number): Rendered {
  const since = Math.min(...standing.map(({ sinceSeconds }) => sinceSeconds))
  return renderMail(
    `still: ${bare(group.subject)}`,
    [
      [
        'What',
        `${group.condition}: ${standing.length} ${standing.length === 1 ? 'cause stands' : 'causes stand'}, nothing about it is new`,
      ],
      ['On', group.hypervisor || undefined],
      ['Since', `${utc(since)} (${hoursSince(since, nowSeconds)})`],
    ],
    listed('Standing', standing),
    'see the first mail of this thread. Reeve says when it is over.',
  )
}

function titleOf({ condition, hypervisor }: Grouped): string {
  return `${hypervisor === '' ? '' : `${hypervisor}: `}${words[condition] ?? condition}`
}

function counted(came: number, over: number): string {
  const parts = [came > 0 ? `${came} ${came === 1 ? 'cause' : 'causes'}` : '', over > 0 ? `${over} over` : '']
  return parts.filter((part) => part !== '').join(', ')
}

function bare(subject: string): string {
  return subject.replace(/^\[reeve\] /, '')
}

function hoursSince(since: number, now: number): string {
  return `${Math.max(1, Math.round((now - since) / 3600))} h`
}

function listed(title: string, causes: readonly Listed[]): readonly string[] {
  if (causes.length === 0) return []
  const more = causes.length > maxListed ? [`  [${causes.length - maxListed} more]`] : []
  return [[`${title}:`, ...causes.slice(0, maxListed).map(({ summary }) => wrap(`  ${printable(summary)}`, '    ')), ...more].join('\n')]
}
