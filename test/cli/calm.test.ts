import { expect, it } from 'vitest'
import { calm } from '../../controller/cli/calm.ts'

/** A clock that goes on when the work takes time, or somebody waits. */
function handClock() {
  let nowMs = 0
  const due: { atMs: number; run: () => void }[] = []
  return {
    monotonicMs: () => nowMs,
    after: (delayMs: number, run: () => void) => void due.push({ atMs: nowMs + delayMs, run }),
    takes: (ms: number) => (nowMs += ms),
    wait(ms: number) {
      nowMs += ms
      for (const one of due.splice(0)) {
        if (one.atMs > nowMs) due.push(one)
        else one.run()
      }
    },
  }
}

it('is done at once, and again as soon as it has rested for nine times as long as it took, however often it was asked for', () => {
  const clock = handClock()
  const begun: number[] = []
  const work = calm(() => {
    begun.push(clock.monotonicMs())
    clock.takes(10)
  }, clock)
  for (let time = 0; time < 1000; time++) work()
  expect(begun).toEqual([0])
  clock.wait(89)
  expect(begun).toHaveLength(1)
  clock.wait(1)
  expect(begun).toHaveLength(2)
  clock.wait(10_000)
  expect(begun).toHaveLength(2)
  work()
  expect(begun).toHaveLength(3)
})

it('is done each time where it takes no time', () => {
  const clock = handClock()
  let times = 0
  const work = calm(() => times++, clock)
  for (let time = 0; time < 5; time++) work()
  expect(times).toBe(5)
})

it('what was asked for while it was done is done after it', () => {
  const clock = handClock()
  let times = 0
  const work = calm(() => {
    times++
    clock.takes(1)
    if (times === 1) again()
  }, clock)
  const again = (): void => work()
  work()
  expect(times).toBe(1)
  clock.wait(0)
  expect(times).toBe(1)
  clock.wait(9)
  expect(times).toBe(2)
  clock.wait(100)
  expect(times).toBe(2)
})
