import type { Group, Member } from './groups.ts'

interface Timed {
  readonly sinceSeconds: number
  readonly lastSeenSeconds: number
  readonly awaySeconds?: number
}

/** What a state of alerts knows of times. */
interface TimedState {
  readonly alerts: readonly Timed[]
  readonly past: readonly { readonly endedSeconds: number }[]
  readonly groups: readonly Group[]
}

/** So far apart may events come in another order than their times say, or the clocks of two replicas go. */
const disorderSeconds = 60

/**
 * The state, with no time of it ahead of the clock: where that went back, what lay in the past lies in the future, and graces and waits would last until the clock
 * is there again. The same object where nothing is ahead. Pure.
 */
export function notAhead<State extends TimedState>(state: State, now: number, longestWaitSeconds: number): State {
  const isAhead = (...times: readonly (number | undefined)[]) => times.some((time) => time !== undefined && time > now + disorderSeconds)
  const alerts = state.alerts.map((one) => (isAhead(one.sinceSeconds, one.lastSeenSeconds, one.awaySeconds) ? alertBefore(one, now) : one))
  const past = state.past.map((one) => (isAhead(one.endedSeconds) ? { ...one, endedSeconds: now } : one))
  const groups = state.groups.map((one) =>
    isAhead(one.mailedSeconds, one.dueSeconds - longestWaitSeconds, ...one.members.flatMap(timesOf))
      ? groupBefore(one, now, longestWaitSeconds)
      : one,
  )
  const isSame = same(alerts, state.alerts) && same(past, state.past) && same(groups, state.groups)
  return isSame ? state : { ...state, alerts, past, groups }
}

function timesOf({ sinceSeconds, overSeconds }: Member): readonly (number | undefined)[] {
  return [sinceSeconds, overSeconds]
}

function alertBefore(alert: Timed, now: number): Timed {
  const { sinceSeconds, lastSeenSeconds, awaySeconds } = alert
  return {
    ...alert,
    sinceSeconds: Math.min(now, sinceSeconds),
    lastSeenSeconds: Math.min(now, lastSeenSeconds),
    ...(awaySeconds === undefined ? {} : { awaySeconds: Math.min(now, awaySeconds) }),
  }
}

/** When it was opened stays as it was: the ids of its mails come of that. */
function groupBefore(group: Group, now: number, longestWaitSeconds: number): Group {
  const members = group.members.map((member) => ({
    ...member,
    sinceSeconds: Math.min(now, member.sinceSeconds),
    ...(member.overSeconds === undefined ? {} : { overSeconds: Math.min(now, member.overSeconds) }),
  }))
  const dueSeconds = Math.min(now + longestWaitSeconds, group.dueSeconds)
  return { ...group, members, dueSeconds, mailedSeconds: Math.min(now, group.mailedSeconds) }
}

function same<T>(some: readonly T[], others: readonly T[]): boolean {
  return some.every((one, index) => one === others[index])
}
