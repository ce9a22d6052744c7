import { describe, expect, it } from 'vitest'
import { backoffSeconds, circuitOf } from '../../controller/loop/backoff.ts'
import { isOpen } from '../../controller/loop/policy.ts'
import { createQueue } from '../../controller/loop/queue.ts'

describe('the work queue', () => {
  it('gives exactly one more run for any number of events during a run, and never two runs at once', () => {
    const queue = createQueue(() => 0)
    queue.add('he1', 'resync')
    expect(queue.take()?.key).toBe('he1')
    for (let count = 0; count < 5; count++) queue.add('he1', 'event')
    expect(queue.take()).toBeUndefined()
    queue.done('he1')
    expect(queue.take()?.key).toBe('he1')
    queue.done('he1')
    expect(queue.take()).toBeUndefined()
  })

  it('serves a person before a commit before the resync, and the oldest first', () => {
    let now = 0
    const queue = createQueue(() => now++)
    for (const [key, priority] of [
      ['a', 'resync'],
      ['b', 'commit'],
      ['c', 'commit'],
      ['d', 'person'],
    ] as const)
      queue.add(key, priority)
    queue.add('a', 'event')
    const order = [1, 2, 3, 4].map(() => queue.take()?.key)
    expect(order).toEqual(['d', 'b', 'c', 'a'])
  })
})

describe('back-off', () => {
  it('doubles its ceiling up to the limit, and takes a random part of it', () => {
    expect([1, 2, 3, 20].map((failures) => backoffSeconds(failures, () => 0.999_999))).toEqual(
      [2, 4, 8, 300].map((seconds) => expect.closeTo(seconds, 2)),
    )
    expect(backoffSeconds(5, () => 0)).toBe(0.5)
    expect(backoffSeconds(0, () => 1)).toBe(0)
  })

  it('opens the circuit after three failures in a row', () => {
    expect([circuitOf(2, false), circuitOf(3, false), circuitOf(3, true)]).toEqual(['closed', 'open', 'halfOpen'])
  })
})

describe('a maintenance window', () => {
  const window = { cron: '0 3 * * 6', duration: '2h', timeZone: 'Europe/Berlin' }
  const at = (text: string): number => Date.parse(text) / 1000

  it.each([
    ['2026-11-21T02:30:00Z', true],
    ['2026-11-21T03:59:00Z', true],
    ['2026-11-21T04:01:00Z', false],
    ['2026-11-21T01:59:00Z', false],
    ['2026-11-20T02:30:00Z', false],
  ])('in Berlin, Saturdays from three to five, at %s is open: %s', (time, expected) => {
    expect(isOpen(window, at(time))).toBe(expected)
  })

  it('that cannot be read is closed', () => {
    expect(isOpen({ cron: 'nonsense', duration: '2h' }, 0)).toBe(false)
    expect(isOpen({ cron: '* * * * *', duration: 'ever' }, 0)).toBe(false)
    expect(isOpen(undefined, 0)).toBe(false)
  })
})
