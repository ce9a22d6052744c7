import { expect, it } from 'vitest'
import { createNewcomers } from '../../controller/replicas/newcomers.ts'

const member = (name: string, lease: string) => [name, { name, lease }] as const

it('are those that came since, for so long, and each life of one anew', () => {
  let now = 1000
  const timers: { readonly delayMs: number; run(): void; isCancelled: boolean }[] = []
  let settled = 0
  const newcomers = createNewcomers({
    forMs: 100,
    monotonicMs: () => now,
    after(delayMs, run) {
      const timer = { delayMs, run, isCancelled: false }
      timers.push(timer)
      return () => {
        timer.isCancelled = true
      }
    },
    onSettled: () => settled++,
  })
  const among = (...members: readonly (readonly [string, { name: string; lease: string }])[]) => [...newcomers.among(new Map(members))]
  expect(among(member('a', '1'))).toEqual([])
  expect(among(member('a', '1'), member('b', '2'))).toEqual(['b'])
  now += 60
  expect(among(member('a', '1'), member('b', '2'), member('c', '3'))).toEqual(['b', 'c'])
  // When the first of them is due; what was set before is not heard of.
  expect(timers.filter(({ isCancelled }) => !isCancelled).map(({ delayMs }) => delayMs)).toEqual([40])
  now += 40
  timers.at(-1)?.run()
  expect(settled).toBe(1)
  expect(among(member('a', '1'), member('b', '2'), member('c', '3'))).toEqual(['c'])
  expect(among(member('a', '9'), member('b', '2'))).toEqual(['a'])
  newcomers[Symbol.dispose]()
  expect(timers.every(({ isCancelled }) => isCancelled)).toBe(true)
})
