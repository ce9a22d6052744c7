/** Who asks, most urgent first: a person or a webhook, a new commit, something that happened on the host, the regular resync. */
export const priorities = ['person', 'commit', 'event', 'resync'] as const
export type Priority = (typeof priorities)[number]

/** A key that is taken from the queue. */
export interface QueuedKey {
  readonly key: string
  readonly priority: Priority
  readonly queuedSeconds: number
}

/** A level-based work queue of keys, with client-go's rule: a key is never worked on twice at once, and an event during a run gives exactly one more run. */
export interface WorkQueue {
  /** Marks a key dirty. While it is worked on, it comes again once that is done. */
  add(key: string, priority: Priority): void
  /** The most urgent key, oldest first, of those that are `asked` for; it is being worked on until `done`. Undefined where there is none. */
  take(asked?: (key: string) => boolean): QueuedKey | undefined
  done(key: string): void
  /** Keys that wait. */
  readonly depth: number
  /** Since when the longest-running key is being worked on, seconds since the epoch. */
  readonly longestSince: number | undefined
}

interface Waiting {
  readonly key: string
  readonly priority: Priority
  /** Its place in {@link priorities}: 0 is the most urgent. */
  readonly rank: number
  readonly sinceSeconds: number
}

export function createQueue(nowSeconds: () => number): WorkQueue {
  const dirty = new Map<string, Waiting>()
  const processing = new Map<string, number>()

  function add(key: string, priority: Priority): void {
    const waiting = dirty.get(key)
    const rank = priorities.indexOf(priority)
    if (waiting && waiting.rank <= rank) return
    dirty.set(key, { key, priority, rank, sinceSeconds: waiting?.sinceSeconds ?? nowSeconds() })
  }

  function take(asked: (key: string) => boolean = () => true): QueuedKey | undefined {
    let next: Waiting | undefined
    // The values alone: with thousands that wait, a pair for each of them is what costs.
    for (const one of dirty.values())
      if ((next === undefined || comesBefore(one, next)) && !processing.has(one.key) && asked(one.key)) next = one
    if (next === undefined) return undefined
    const { key, priority, sinceSeconds } = next
    dirty.delete(key)
    processing.set(key, nowSeconds())
    return { key, priority, queuedSeconds: nowSeconds() - sinceSeconds }
  }

  return {
    add,
    take,
    done: (key) => void processing.delete(key),
    get depth() {
      return dirty.size
    },
    get longestSince() {
      return processing.size === 0 ? undefined : Math.min(...processing.values())
    },
  }
}

function comesBefore(one: Waiting, other: Waiting): boolean {
  return one.rank < other.rank || (one.rank === other.rank && one.sinceSeconds < other.sinceSeconds)
}
