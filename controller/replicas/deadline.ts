/**
 * Until when a lease holds for certain. Nothing but this process' own monotonic clock goes into it: etcd counts from a later moment (when it got the renewal) and for
 * longer (all of the lease's time), so nobody else can have taken over before.
 */
export interface Deadline {
  /** A renewal that succeeded, by when it was sent. */
  renewed(sentMs: number): void
  /** The lease is over, whatever the clock says. */
  lost(): void
  /** Milliseconds left; 0 where it is not certain any more. */
  leftMs(): number
  /** When it was certain last; undefined where it never was. */
  readonly lastMs: number | undefined
}

/** What is held back of a lease's time: for a process that is slow between its last check and what it does then. */
const share = 0.7

export function createDeadline(leaseMs: number, monotonicMs: () => number): Deadline {
  let untilMs = Number.NEGATIVE_INFINITY
  let lastMs: number | undefined
  return {
    renewed(sentMs) {
      untilMs = Math.max(untilMs, sentMs + leaseMs * share)
      lastMs = sentMs
    },
    lost() {
      untilMs = Number.NEGATIVE_INFINITY
    },
    leftMs: () => Math.max(0, untilMs - monotonicMs()),
    get lastMs() {
      return lastMs
    },
  }
}
