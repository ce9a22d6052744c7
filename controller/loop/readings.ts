import { vitalKey } from '../engine/observe.ts'
import type { DesiredState } from '../model/plan.ts'
import type { HostState } from './hosts.ts'
import type { LoopDeps } from './ports.ts'
import { askSlowVitals, dueVitals, isPast } from './slow.ts'
import { askNetworkVitals } from './vitals.ts'

export interface ReadingsDeps extends Pick<LoopDeps<unknown>, 'randomHex'> {
  readonly clock: Pick<LoopDeps<unknown>['clock'], 'nowSeconds'>
  isStopped(): boolean
  /** A host's vitals were answered anew. */
  onReadings(host: HostState): void
}

const vitalsPaceSeconds = 20

/** Vitals that are asked apart from cycles, after one. */
export function createReadings({ clock, randomHex, isStopped, onReadings }: ReadingsDeps): {
  refresh(host: HostState, desired: DesiredState): void
} {
  /** Network questions have their own pace; their answers are shown with the next cycle. */
  async function refreshVitals(host: HostState, desired: DesiredState): Promise<void> {
    if (isStopped() || !isPast(host.vitalsSeconds, vitalsPaceSeconds, clock.nowSeconds())) return
    host.vitalsSeconds = clock.nowSeconds()
    const { changes } = host
    const answers = await askNetworkVitals(desired, host.handle).catch(() => new Map())
    if (host.changes !== changes) return
    host.networkVitals = answers
    onReadings(host)
  }

  /** Slow ones run apart from cycles, one message at a time; a cycle shows what they said last. */
  async function refreshSlowVitals(host: HostState, desired: DesiredState): Promise<void> {
    const due = dueVitals(desired, host.slowAnswers, clock.nowSeconds())
    if (isStopped() || host.isAskingSlowly || due.length === 0) return
    host.isAskingSlowly = true
    const { changes } = host
    const answers = await askSlowVitals(due, host.handle, randomHex(), clock.nowSeconds())
    host.isAskingSlowly = false
    if (host.changes !== changes) return refreshSlowVitals(host, desired)
    const kept = [...host.slowAnswers].filter(([key]) => desired.vitals.some((vital) => vitalKey(vital) === key))
    host.slowAnswers = new Map([...kept, ...answers])
    onReadings(host)
  }

  return {
    refresh(host, desired) {
      void refreshVitals(host, desired)
      void refreshSlowVitals(host, desired)
    },
  }
}
