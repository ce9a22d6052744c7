import { createHash } from 'node:crypto'
import type { AlertCondition } from '../model/alarm.ts'
import type { Mail } from '../model/mail.ts'
import type { Silenceable } from '../model/silence.ts'
import { renderGroup, renderStanding } from './groupMails.ts'
import { type Rendered, renderResolved } from './mails.ts'

export type Severity = 'critical' | 'warning'

/** A cause that came, or came with more, or went: what people are to hear of. */
export type Notice =
  | {
      readonly status: 'found'
      readonly key: string
      readonly condition: AlertCondition
      readonly hypervisor: string
      readonly severity: Severity
      readonly summary: string
      readonly sinceSeconds: number
      /** Over already: told once, and not told again as standing. */
      readonly isPassing: boolean
      readonly rendered: Rendered
    }
  | {
      readonly status: 'over'
      readonly key: string
      readonly condition: AlertCondition
      readonly hypervisor: string
      readonly count: number
      /** Not worth a word. */
      readonly isQuiet: boolean
    }

/** A cause in its group. */
export interface Member {
  readonly key: string
  readonly summary: string
  readonly sinceSeconds: number
  readonly subject: string
  /** What is still to be told of it; absent once it was. */
  readonly text?: string
  readonly isPassing: boolean
  readonly wasTold: boolean
  /** Over, and nobody was told so yet. */
  readonly overSeconds?: number
  readonly count: number
}

/** Causes of one condition on one hypervisor: told together, as one thread. The names of its times are those of Prometheus' Alertmanager. */
export interface Group {
  readonly condition: AlertCondition
  readonly hypervisor: string
  readonly severity: Severity
  readonly openedSeconds: number
  /** No mail before then. */
  readonly dueSeconds: number
  readonly mailedSeconds: number
  /** Ids of its mails, oldest first. */
  readonly mails: readonly string[]
  readonly subject: string
  readonly members: readonly Member[]
}

export interface GroupSettings {
  /** How long the first cause of a group waits for others that belong to it. */
  readonly groupWaitSeconds: number
  /** Least time between two mails of a group. */
  readonly groupIntervalSeconds: number
  /** After how long people are reminded of what still stands. */
  readonly repeatSeconds: Readonly<Record<Severity, number>>
}

export interface Moment {
  readonly now: number
  readonly settings: GroupSettings
  /** Whether nothing is told of it for now. */
  isMuted(cause: Silenceable): boolean
}

export interface Told {
  readonly groups: readonly Group[]
  readonly mails: readonly Mail[]
}

/** Texts of more than so many are left out of a mail, and of the state. */
const maxTexts = 5

export function isGroup(value: Partial<Group> | null): boolean {
  return Array.isArray(value?.members) && Array.isArray(value.mails) && Number.isFinite(value.dueSeconds)
}

/** Puts notices into their groups, and tells of each group that is due. */
export function notify(groups: readonly Group[], notices: readonly Notice[], moment: Moment): Told {
  const all = new Map(groups.map((group) => [keyOf(group), group]))
  for (const notice of notices) {
    const group = withNotice(all.get(keyOf(notice)), notice, moment)
    if (group !== undefined) all.set(keyOf(notice), group)
  }
  const groupsNow = [...all.values()].map((group) => tell(group, moment))
  return {
    groups: groupsNow.map(({ group }) => group).filter(({ members, dueSeconds }) => members.length > 0 || moment.now < dueSeconds),
    mails: groupsNow.flatMap(({ mail }) => mail ?? []),
  }
}

function keyOf({ condition, hypervisor }: Pick<Group, 'condition' | 'hypervisor'>): string {
  return `${condition} ${hypervisor}`
}

function withNotice(group: Group | undefined, notice: Notice, moment: Moment): Group | undefined {
  const { now } = moment
  if (notice.status === 'found') {
    const open = group === undefined || group.members.length === 0 ? opened(notice, now, group) : group
    return { ...open, dueSeconds: dueAfter(open, moment), members: withMember(open.members, notice) }
  }
  const members = group?.members.flatMap((one) => (one.key === notice.key ? ended(one, notice, now) : one))
  return group && members && { ...group, members, dueSeconds: members.some(isNews) ? dueAfter(group, moment) : group.dueSeconds }
}

/** After one that is over it is a thread of its own, and its mail still keeps its distance from the last. */
function opened({ condition, hypervisor, severity }: Extract<Notice, { status: 'found' }>, now: number, last?: Group): Group {
  const openedSeconds = last === undefined ? now : Math.max(now, last.openedSeconds + 1)
  const dueSeconds = last?.dueSeconds ?? now
  return { condition, hypervisor, severity, openedSeconds, dueSeconds, mailedSeconds: 0, mails: [], subject: '', members: [] }
}

/** The first news waits for what belongs to it, be it a beginning or an end. */
function dueAfter({ members, dueSeconds }: Group, { now, settings }: Moment): number {
  return members.some(isNews) ? dueSeconds : Math.max(dueSeconds, now + settings.groupWaitSeconds)
}

function withMember(
  members: readonly Member[],
  { key, summary, sinceSeconds, isPassing, rendered }: Extract<Notice, { status: 'found' }>,
): readonly Member[] {
  const known = members.find((one) => one.key === key)
  const text = members.filter((one) => one.text !== undefined && one.text !== '').length < maxTexts ? rendered.text : ''
  const member: Member = {
    key,
    summary,
    sinceSeconds,
    subject: rendered.subject,
    text,
    isPassing,
    wasTold: known?.wasTold ?? false,
    count: known?.count ?? 1,
  }
  return known === undefined ? [...members, member] : members.map((one) => (one.key === key ? member : one))
}

/** What came and went before anybody was told is nothing; what was put right is told although it is over. */
function ended(member: Member, { count, isQuiet }: Extract<Notice, { status: 'over' }>, now: number): Member | readonly Member[] {
  if (member.isPassing && member.text !== undefined) return { ...member, overSeconds: now }
  if (isQuiet || !member.wasTold) return []
  const { text: _, ...rest } = member
  return { ...rest, overSeconds: now, count }
}

function isNews({ text, overSeconds }: Member): boolean {
  return text !== undefined || overSeconds !== undefined
}

function tell(group: Group, moment: Moment): { readonly group: Group; readonly mail?: Mail } {
  const { now, settings } = moment
  const heard = group.members.filter(({ key }) => !moment.isMuted({ ...group, key }))
  const isNewsDue = heard.some(isNews) && now >= group.dueSeconds
  const isReminderDue = group.mails.length > 0 && heard.some(stands) && now - group.mailedSeconds >= settings.repeatSeconds[group.severity]
  if (!isNewsDue && !isReminderDue) return { group }
  const rendered = isNewsDue ? renderNews(group, heard) : renderStanding(group, heard.filter(stands), now)
  const mail = mailOf(group, rendered)
  const members = group.members.flatMap((one) => (heard.includes(one) ? told(one) : one))
  const after = { ...group, members, mailedSeconds: now, dueSeconds: now + settings.groupIntervalSeconds, mails: [...group.mails, mail.id] }
  return { group: { ...after, subject: group.subject || rendered.subject }, mail }
}

/** Neither over nor put right. */
function stands({ overSeconds, isPassing }: Member): boolean {
  return overSeconds === undefined && !isPassing
}

/** What was over is forgotten with the mail that says so. */
function told({ text: _, ...member }: Member): readonly Member[] {
  return member.overSeconds === undefined ? [{ ...member, wasTold: true }] : []
}

function renderNews(group: Group, heard: readonly Member[]): Rendered {
  const news = heard.filter(isNews)
  const standing = group.members.filter(stands).length
  const [only] = news
  // Its text was left out where others that are silenced now had taken the room.
  if (only === undefined || news.length > 1 || only.text === '') return renderGroup(group, news, standing)
  if (only.text !== undefined || only.overSeconds === undefined) return { subject: only.subject, text: only.text ?? '' }
  return renderResolved(standing === 0 ? group.subject : only.subject, only.summary, only.sinceSeconds, only.overSeconds, only.count)
}

/** The id is the same for the same state: what was spooled before a crash is recognised. */
function mailOf({ condition, hypervisor, openedSeconds, mails }: Group, { subject, text }: Rendered): Mail {
  const hash = createHash('sha256').update(`${condition} ${hypervisor}\n${openedSeconds}`).digest('hex').slice(0, 16)
  const more = `More:      docs/runbook.md#${condition.toLowerCase()}, at /runbook of Reeve's page too\n`
  return { id: `${condition}.${hash}.${mails.length + 1}`, references: mails.slice(-20), subject, text: `${text.trimEnd()}\n\n${more}` }
}
