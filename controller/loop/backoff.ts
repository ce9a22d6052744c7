/** Of what failed on a host that answers: nobody waits for the next try, and each costs the host something. */
export const failureLimits = { first: 10, most: 600 }

/** Exponential back-off with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"): seconds until the next try after so many failures in a row. */
export function backoffSeconds(failures: number, random: () => number, limits = { first: 2, most: 300 }): number {
  if (failures <= 0) return 0
  const ceiling = Math.min(limits.most, limits.first * 2 ** Math.min(failures - 1, 30))
  return Math.max(0.5, ceiling * random())
}

/** `closed`: works · `open`: failed so often that only the slow trial goes on · `halfOpen`: the trial is under way. */
export type CircuitState = 'closed' | 'open' | 'halfOpen'

/** Failures in a row after which a host counts as unreachable for good, and no longer holds a worker more often than its back-off says. */
export const circuitThreshold = 3

export function circuitOf(failures: number, isRunning: boolean): CircuitState {
  if (failures < circuitThreshold) return 'closed'
  return isRunning ? 'halfOpen' : 'open'
}
