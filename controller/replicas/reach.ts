import type { Attempt } from '../model/attempt.ts'
import type { Said } from './ways.ts'

/**
 * What this replica knows of its own way to one hypervisor. Times are milliseconds of a clock that nobody sets. All functions here are pure: what is tried, and said to
 * the others, follows from what they answer.
 */
export interface Reach {
  readonly says: Said['is'] | undefined
  /** Why it could not be reached last. */
  readonly because: string
  /** Since when this one, in charge, has reached it in no try. */
  readonly failingSinceMs: number | undefined
  /** When the way is tried next, by a connection of its own; undefined: there is nothing to find out. */
  readonly tryMs: number | undefined
  /** Tries that found it cut, and have not been forgotten: each doubles the time until the next. */
  readonly rounds: number
  readonly lastCutMs: number
}

export const nothingKnown: Reach = {
  says: undefined,
  because: '',
  failingSinceMs: undefined,
  tryMs: undefined,
  rounds: 0,
  lastCutMs: 0,
}

/** What holds at a moment. */
export interface Moment {
  readonly nowMs: number
  /** How long whoever is in charge must have failed to reach it before that is said. */
  readonly handOverMs: number
  /** This one is in charge, and not about to hand over. */
  readonly isOwner: boolean
  /** Another replica's way there is cut. */
  readonly isAsked: boolean
}

/** The longest time between two tries of a way that is cut, in times of `handOverMs`: by default an hour. */
const mostTimes = 12
/** After so long without a cut it is as if there had been none. */
const forgottenTimes = 4 * mostTimes

/** How long a way that was found cut so often stays so before it is tried again. */
export function waitMs(rounds: number, handOverMs: number): number {
  return handOverMs * Math.min(mostTimes, 2 ** Math.min(rounds, 30))
}

/** A cycle of this one, in charge, ended so. */
export function afterCycle(reach: Reach, attempt: Attempt, moment: Moment): Reach {
  if (!moment.isOwner) return reach
  if (attempt.status === 'reached') return reached(reach, moment)
  if (attempt.status === 'denied') return reach.failingSinceMs === undefined ? reach : letGo(reach)
  if (reach.says === 'cut' || reach.failingSinceMs !== undefined) return { ...reach, because: attempt.because }
  const { nowMs, handOverMs } = moment
  return { ...reach, because: attempt.because, failingSinceMs: nowMs, tryMs: nowMs + handOverMs }
}

/** The way was tried by itself. */
export function afterTry(reach: Reach, attempt: Attempt, moment: Moment): Reach {
  if (attempt.status === 'reached') return reached(reach, moment)
  const isWorthSaying = reach.says === 'cut' || moment.isAsked || hasFailedLong(reach, moment)
  if (attempt.status === 'unreachable') return isWorthSaying ? cut(reach, attempt.because, moment) : letGo(reach)
  // It answers, and lets this one not in: that says nothing about the way, and is no reason to take it.
  const rounds = reach.rounds + 1
  const again = { ...letGo(reach), because: attempt.because, rounds, lastCutMs: moment.nowMs }
  return isWorthSaying ? { ...again, tryMs: moment.nowMs + waitMs(rounds, moment.handOverMs) } : again
}

/** What has changed around it, and with time. To be called again and again. */
export function afterAll(reach: Reach, moment: Moment): Reach {
  const { nowMs, handOverMs, isOwner, isAsked } = moment
  const isLeft = reach.failingSinceMs !== undefined && !isOwner
  const kept = isLeft ? letGo(reach) : reach
  const isOld = kept.rounds > 0 && kept.says !== 'cut' && nowMs - kept.lastCutMs >= forgottenTimes * handOverMs
  const fresh = isOld ? { ...kept, rounds: 0 } : kept
  if (fresh.says === 'open' && !isAsked) return { ...fresh, says: undefined }
  if (fresh.says !== undefined || fresh.failingSinceMs !== undefined) return fresh
  if (!isAsked) return fresh.tryMs === undefined ? fresh : { ...fresh, tryMs: undefined }
  return fresh.tryMs === undefined ? { ...fresh, tryMs: nowMs } : fresh
}

/** Whether there is nothing in it that must be remembered. */
export function isNothing({ says, failingSinceMs, tryMs, rounds }: Reach): boolean {
  return says === undefined && failingSinceMs === undefined && tryMs === undefined && rounds === 0
}

function reached(reach: Reach, { isAsked }: Moment): Reach {
  return { ...reach, says: isAsked ? 'open' : undefined, because: '', failingSinceMs: undefined, tryMs: undefined }
}

function cut({ rounds }: Reach, because: string, { nowMs, handOverMs }: Moment): Reach {
  const next = rounds + 1
  return { says: 'cut', because, failingSinceMs: undefined, tryMs: nowMs + waitMs(next, handOverMs), rounds: next, lastCutMs: nowMs }
}

/** Whoever fails to reach it no more, or for another reason, begins to count anew. */
function letGo(reach: Reach): Reach {
  return reach.says === 'cut' ? reach : { ...reach, failingSinceMs: undefined, tryMs: undefined }
}

function hasFailedLong({ failingSinceMs }: Reach, { nowMs, handOverMs, isOwner }: Moment): boolean {
  return isOwner && failingSinceMs !== undefined && nowMs - failingSinceMs >= handOverMs
}
