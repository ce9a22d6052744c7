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
  /** The most urgent key, oldest first; it is being worked on until `done`. Undefined where there is none. */
  take(): QueuedKey | undefined
  done(key: string): void
  /** Keys that wait. */
  readonly depth: number
  /** Since when the longest-running key is being worked on, seconds since the epoch. */
  readonly longestSince: number | undefined
}

interface Waiting {
  readonly priority: Priority
  readonly sinceSeconds: number
}

export function createQueue(nowSeconds: () => number): WorkQueue {
  const dirty = new Map<string, Waiting>()
  const processing = new Map<string, number>()

  function add(key: string, priority: Priority): void {
    const waiting = dirty.get(key)
    if (waiting && rank(waiting.priority) <= rank(priority)) return
    dirty.set(key, { priority, sinceSeconds: waiting?.sinceSeconds ?? nowSeconds() })
  }

  function take(): QueuedKey | undefined {
    let next: [string, Waiting] | undefined
    for (const one of dirty) if (!processing.has(one[0]) && (next === undefined || comesBefore(one[1], next[1]))) next = one
    if (next === undefined) return undefined
    const [key, { priority, sinceSeconds }] = next
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
  const byRank = rank(one.priority) - rank(other.priority)
  return byRank < 0 || (byRank === 0 && one.sinceSeconds < other.sinceSeconds)
}

function rank(priority: Priority): number {
  return priorities.indexOf(priority)
}
