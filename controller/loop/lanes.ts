import type { LoopClock } from './ports.ts'

/** `open`: hosts that are connected · `closed`: those that must be connected to first. */
export type Lane = 'open' | 'closed'
export const lanes: readonly Lane[] = ['open', 'closed']

/** The workers of the loop, in lanes that do not wait for each other (docs/adr/workers.md). */
export interface Lanes {
  hasRoom(lane: Lane): boolean
  /** Takes a worker until the answer is called, or, of the open lane, until a second is over: then `onFree` is called. */
  hold(lane: Lane, onFree: () => void): () => void
}

/** A host that answers is done by then; one that does not must keep no other one waiting. */
const heldMs = 1000

export function createLanes(workers: number, clock: Pick<LoopClock, 'after'>): Lanes {
  const held = { open: 0, closed: 0 }
  return {
    hasRoom: (lane) => held[lane] < workers,
    hold(lane, onFree) {
      held[lane]++
      let isHeld = true
      const free = (): void => {
        if (isHeld) held[lane]--
        isHeld = false
      }
      const late = (): void => {
        free()
        onFree()
      }
      const cancel = lane === 'closed' ? () => {} : clock.after(heldMs, late)
      return () => {
        cancel()
        free()
      }
    },
  }
}
