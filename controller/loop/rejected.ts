import { backoffSeconds, failureLimits } from './backoff.ts'
import type { HostState } from './hosts.ts'
import type { Priority } from './queue.ts'
import type { Revision } from './revision.ts'
import { type Before, type Settled, stillRejected } from './trials.ts'

/**
 * What a cycle begins with: rejected versions stay held back while they are what Git wants, until their back-off is over or a person asks.
 * A commit goes live first, and then they have their next try soon: what they failed for may be gone with it.
 */
export function recall(host: HostState, current: Revision, priority: Priority, nowSeconds: number): Before {
  const rejected = stillRejected(host.rejected, current)
  if (priority === 'commit') {
    host.rejectedRounds = 0
    host.retrySeconds = Math.max(host.retrySeconds, nowSeconds + 1)
  }
  return priority === 'person' || isDue(host, nowSeconds) ? { held: new Map(), retried: rejected } : { held: rejected, retried: new Map() }
}

/** Keeps what was rejected, and says when it is tried again. */
export function remember(host: HostState, { rejected }: Settled, nowSeconds: number, random: () => number): void {
  host.rejected = rejected
  if (rejected.size === 0) {
    host.rejectedRounds = 0
    host.retrySeconds = 0
    return
  }
  if (!isDue(host, nowSeconds) && host.rejectedRounds > 0) return
  host.rejectedRounds++
  host.retrySeconds = nowSeconds + backoffSeconds(host.rejectedRounds, random, failureLimits)
}

/** Also where that is farther away than any back-off: the clock was put back. */
function isDue({ retrySeconds }: HostState, nowSeconds: number): boolean {
  return nowSeconds >= retrySeconds || retrySeconds - nowSeconds > failureLimits.most
}
