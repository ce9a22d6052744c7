/** Long work in small steps: it stops for a moment at each `yield`, so that whoever drives it may let other work in between. What comes of it does not depend on who drives. */
export type Steps<T> = Generator<void, T, void>

/** When and how to let others in. */
export interface Slices {
  /** Any clock that only goes forward. */
  nowMs(): number
  /** Resolves when all that waits was let in. */
  breathe(): Promise<void>
}

/** The longest time that other work waits for, as far as no single step takes longer. */
const sliceMs = 8

/** All of it at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/** In slices of a few milliseconds; without `slices` at once. */
export async function inSlices<T>(steps: Steps<T>, slices: Slices | undefined): Promise<T> {
  if (slices === undefined) return atOnce(steps)
  for (let began = slices.nowMs(); ; ) {
    const { done, value } = steps.next()
    if (done) return value
    if (slices.nowMs() - began < sliceMs) continue
    await slices.breathe()
    began = slices.nowMs()
  }
}
