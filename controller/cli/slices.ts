import { setImmediate } from 'node:timers/promises'
import type { Slices } from '../model/steps.ts'

/** Lets everything in that waits: connections, timers, other work. */
export function breathe(): Promise<void> {
  return setImmediate()
}

/** Long work of this process, by its own clock. */
export const slices: Slices = { nowMs: () => performance.now(), breathe }
