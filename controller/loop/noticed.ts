/** Something that moved on a host, as its watch told it, and that no cycle has looked at yet. */
export interface Notice {
  /** What it is, for people; also what its pace is kept by. */
  readonly words: string
  /** Keys of the items that may have moved; undefined: any. */
  readonly items: readonly string[] | undefined
  /** The process that did it, where the kernel says so: `nft, process 4711`. */
  readonly by: string | undefined
  /** When we heard of it first and last, seconds since the epoch. */
  readonly firstSeconds: number
  readonly lastSeconds: number
  /** Seconds since the host's boot, read after the last time that it moved. */
  readonly uptimeSeconds: number
}

/** When a host is looked at because of what its watch tells. */
export interface Notices {
  notice(words: string, what: Pick<Notice, 'items' | 'by' | 'uptimeSeconds'>, nowSeconds: number): void
  /** When the next look is due, seconds since the epoch; undefined where nothing waits for one. */
  dueSeconds(): number | undefined
  /** What waits for a look. */
  all(): readonly Notice[]
  /** A look has ended. Forgets what it has seen: what we had heard of before it began, or what had moved before it was last read there. */
  looked(look: Look): void
  /** Nobody knows any more what moved. What is known of the pace of things stays. */
  forget(): void
}

export interface Look {
  /** What waited when it began. */
  readonly causes: readonly Notice[]
  readonly beganSeconds: number
  readonly endedSeconds: number
  /** Seconds since the host's boot before it was last read; undefined where the host did not say. */
  readonly uptimeSeconds: number | undefined
  /** Something was not as wanted. */
  readonly hasFound: boolean
  /** What was read may be half made, or nothing was. */
  readonly isVoid: boolean
}

/** What belongs together mostly comes together. */
const settleSeconds = 0.2
/** How much a look for a thing, or for a host, counts against the next one: most where it found nothing. */
const costs = { thing: { nothing: 1, found: 0.05 }, host: { nothing: 0.2, found: 0.02 } } as const
/** Looks weigh half as much after so long. */
const halfLifeSeconds = 120
/** Weight that costs no wait; each one above doubles it, from a second. */
const freeWeight = 2

interface Weight {
  readonly weight: number
  readonly atSeconds: number
}

/**
 * Collapses what a watch tells into looks: one as soon as things have settled, and ever farther apart where looking finds nothing, for each thing by itself and for all of the
 * host. What is changed again and again by somebody else is put right again and again, but not without a pause. `mostSeconds`: no look waits longer, since a resync comes anyway.
 */
export function createNotices(mostSeconds: number): Notices {
  const waiting = new Map<string, Notice>()
  const weights = new Map<string, Weight>()
  let host: Weight = { weight: 0, atSeconds: 0 }

  function notBefore({ weight, atSeconds }: Weight): number {
    return weight <= freeWeight ? atSeconds : atSeconds + Math.min(mostSeconds, 2 ** (weight - freeWeight) - 1)
  }

  function dueOf({ words, firstSeconds }: Notice): number {
    const own = weights.get(words)
    return Math.max(firstSeconds + settleSeconds, notBefore(host), own === undefined ? 0 : notBefore(own))
  }

  function weigh(words: string, hasFound: boolean, nowSeconds: number): void {
    const more = costs.thing[hasFound ? 'found' : 'nothing']
    weights.set(words, heavier(weights.get(words), more, nowSeconds))
  }

  return {
    notice(words, what, nowSeconds) {
      const before = waiting.get(words)
      const by = what.by ?? before?.by
      const firstSeconds = Math.min(before?.firstSeconds ?? nowSeconds, nowSeconds)
      waiting.set(words, { ...what, words, by, firstSeconds, lastSeconds: nowSeconds })
      const own = weights.get(words)
      if (own !== undefined) weights.set(words, notAhead(own, nowSeconds))
      host = notAhead(host, nowSeconds)
    },
    dueSeconds() {
      return waiting.size === 0 ? undefined : Math.min(...[...waiting.values()].map(dueOf))
    },
    all: () => [...waiting.values()],
    looked(look) {
      if (look.causes.length > 0) host = heavier(host, costs.host[look.hasFound ? 'found' : 'nothing'], look.endedSeconds)
      for (const { words } of look.causes) weigh(words, look.hasFound, look.endedSeconds)
      if (look.isVoid) return
      const { beganSeconds, uptimeSeconds = Number.NEGATIVE_INFINITY } = look
      for (const [words, notice] of waiting)
        if (notice.lastSeconds < beganSeconds || notice.uptimeSeconds < uptimeSeconds) waiting.delete(words)
      // What has not moved for long weighs nothing.
      for (const [words, { weight, atSeconds }] of weights) if (weight * decay(look.endedSeconds - atSeconds) < 0.01) weights.delete(words)
    },
    forget: () => waiting.clear(),
  }
}

function heavier(before: Weight | undefined, more: number, nowSeconds: number): Weight {
  return { weight: (before === undefined ? 0 : before.weight * decay(nowSeconds - before.atSeconds)) + more, atSeconds: nowSeconds }
}

/** Where the clock was put back, nothing is waited for until it has caught up. */
function notAhead({ weight, atSeconds }: Weight, nowSeconds: number): Weight {
  return { weight, atSeconds: Math.min(atSeconds, nowSeconds) }
}

function decay(seconds: number): number {
  return 2 ** (-Math.max(0, seconds) / halfLifeSeconds)
}
