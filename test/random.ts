/** Numbers from 0 to 1 that only depend on the seed (mulberry32, of Tommy Ettinger; public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Whole numbers below the number of sides, that only depend on the start. */
export function diceFrom(start: number): (sides: number) => number {
  const random = randomFrom(start)
  return (sides) => Math.floor(random() * sides)
}
