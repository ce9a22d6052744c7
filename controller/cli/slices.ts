import { setImmediate } from 'node:timers/promises'

/** Lets everything in that waits: connections, timers, other work. */
export function breathe(): Promise<void> {
  return setImmediate()
}
