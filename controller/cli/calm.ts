/** Where times come from. */
export interface CalmClock {
  monotonicMs(): number
  after(delayMs: number, run: () => void): void
}

/** Nine tenths of the time are for others. */
const restsFor = 9

/**
 * Work that is asked for again and again, and goes over all that there is: done at once where it has rested for nine times as long as it took, else as soon as it has. What was asked for meanwhile is
 * done in one. So what comes in thousands does not cost its square.
 */
export function calm(work: () => void, { monotonicMs, after }: CalmClock): () => void {
  let restedAtMs = Number.NEGATIVE_INFINITY
  let isWaiting = false
  let isAtWork = false

  function run(): void {
    isWaiting = false
    isAtWork = true
    const began = monotonicMs()
    try {
      work()
    } finally {
      isAtWork = false
      const ended = monotonicMs()
      restedAtMs = ended + restsFor * (ended - began)
    }
  }

  function whenRested(): void {
    const waitMs = restedAtMs - monotonicMs()
    if (waitMs <= 0) run()
    else after(waitMs, whenRested)
  }

  return () => {
    if (isWaiting) return
    isWaiting = true
    if (isAtWork) after(0, whenRested)
    else whenRested()
  }
}
