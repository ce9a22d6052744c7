import { reasonOf } from '../model/reason.ts'
import { backoffSeconds, failureLimits } from './backoff.ts'
import type { LoopClock } from './ports.ts'

/** Brings the commit that Git has in force into force here, one reading at a time. */
export interface Loading {
  /** Reads it once what is being read is over. Never rejects. */
  load(): Promise<void>
  /** Resolves when nothing is being read any more. */
  stop(): Promise<void>
}

export interface LoadingDeps {
  readonly clock: Pick<LoopClock, 'after'>
  /** 0 ≤ number < 1. */
  random(): number
  /** Throws where it cannot be read. */
  read(): Promise<void>
  onFailed(reason: string): void
  /** It could be read after all. */
  onMended(): void
}

/** Git tells of a commit once: one that could not be read, for whatever reason, is read again after a while. */
export function createLoading({ clock, random, read, onFailed, onMended }: LoadingDeps): Loading {
  let running: Promise<void> = Promise.resolve()
  let failures = 0
  let isStopped = false
  let cancelRetry = (): void => {}

  function load(): Promise<void> {
    running = running.then(readOnce)
    return running
  }

  async function readOnce(): Promise<void> {
    cancelRetry()
    if (isStopped) return
    try {
      await read()
    } catch (error) {
      fail(reasonOf(error))
      return
    }
    if (failures > 0) onMended()
    failures = 0
  }

  function fail(reason: string): void {
    failures++
    onFailed(reason)
    if (!isStopped) cancelRetry = clock.after(backoffSeconds(failures, random, failureLimits) * 1000, () => void load())
  }

  return {
    load,
    stop() {
      isStopped = true
      cancelRetry()
      return running
    },
  }
}
