import type { Cycle } from '../engine/cycle.ts'
import type { Progress } from '../engine/run.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { DesiredState } from '../model/plan.ts'
import type { HostState } from './hosts.ts'
import type { Finding, LoopDeps } from './ports.ts'
import { noticedOf } from './report.ts'
import { createHostWatch, type HostWatch } from './watch.ts'

/** One look at a host that is under way. */
export interface Looking {
  /** Hears of it in the middle, and tells the observer. */
  onProgress(event: Progress): void
  /** It ended: what it has seen is news no more, and the watch sees to what is wanted now. */
  ended(cycle: Cycle, desired: DesiredState): Finding
  /** It came to nothing; what was to be seen still is. */
  failed(): void
}

/** Things that are noisy are looked at less often, but not less often than this. */
const mostSeconds = 60

/** The watches of all hypervisors that this controller is in charge of. */
export function createWatches<State>(
  { clock, rules, random, observer, timings }: Pick<LoopDeps<State>, 'clock' | 'rules' | 'random' | 'observer' | 'timings'>,
  wake: (name: HypervisorName) => void,
  hostOf: (name: HypervisorName) => HostState | undefined,
): { begin(host: HostState): Looking } {
  const primitives = new Map(rules.primitives.map((primitive) => [primitive.type, primitive]))

  function watchOf({ name, handle }: HostState): HostWatch | undefined {
    const { stream, runAside } = handle
    if (stream === undefined || runAside === undefined) return undefined
    return createHostWatch({
      handle: { stream: stream.bind(handle), runAside: runAside.bind(handle) },
      primitives,
      clock,
      random,
      mostSeconds: Math.min(mostSeconds, timings.resyncSeconds),
      wake: () => wake(name),
      onNews: (news) => observer.onWatch?.(name, news),
    })
  }

  function begin(host: HostState): Looking {
    const noticed = host.watch?.begin() ?? []
    const beganSeconds = clock.nowSeconds()
    let foundSeconds: number | undefined
    const lookedSeconds = host.lookedSeconds
    const tell = (hasFound: boolean, isVoid: boolean, uptimeSeconds: number | undefined): void =>
      host.watch?.looked({ causes: noticed, beganSeconds, endedSeconds: clock.nowSeconds(), uptimeSeconds, hasFound, isVoid })
    return {
      onProgress(event) {
        foundSeconds ??= clock.nowSeconds()
        observer.onProgress(host.name, event, noticed.map(noticedOf))
      },
      failed: () => tell(false, true, undefined),
      ended(cycle, desired) {
        const isVoid = cycle.busy !== undefined
        const hasFound = cycle.drift.length > 0
        tell(hasFound, isVoid, cycle.uptimeSeconds)
        if (!isVoid) host.lookedSeconds = clock.nowSeconds()
        // A host that was let go of meanwhile is not watched any more.
        if (hostOf(host.name) === host) {
          host.watch ??= watchOf(host)
          host.watch?.keep(desired)
        }
        return { noticed, foundSeconds: foundSeconds ?? clock.nowSeconds(), lookedSeconds }
      },
    }
  }
  return { begin }
}
