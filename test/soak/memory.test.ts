import { expect, test } from 'vitest'
import type { Noted } from './journal.ts'
import { isFlat, memoryOf } from './memory.ts'
import { memory, t0 } from './sample.ts'

const verdict = (samples: readonly Noted[]) => memoryOf(samples, t0, t0 + 3600)

test.each<readonly [name: string, samples: readonly Noted[], isHeld: boolean]>([
  ['does not move', memory(() => 130), true],
  ['swings about the same', memory((hour) => 130 + 20 * Math.sin(400 * hour)), true],
  ['grows by 3 % from the second quarter to the last', memory((hour) => 130 + 7.8 * hour), true],
  ['grows by 8 % from the second quarter to the last', memory((hour) => 130 + 21 * hour), false],
  ['fills its caches in the first quarter', memory((hour) => Math.min(130, 60 + 300 * hour)), true],
  ['stands high for a moment', memory((hour) => (hour > 0.9 && hour < 0.92 ? 900 : 130)), true],
  ['falls', memory((hour) => 180 - 50 * hour), true],
])('memory that %s: flat is %s', (_name, samples, isHeld) => {
  expect(isFlat(verdict(samples))).toBe(isHeld)
})

test('is of one process: what was killed in the first quarter counts for nothing', () => {
  const samples = [...memory(() => 500, 6, 0, 700), ...memory((hour) => 130 + 40 * hour, 7, 700)]
  expect(verdict(samples).growth).toBeCloseTo(verdict(memory((hour) => 130 + 40 * hour)).growth, 2)
  expect(verdict(samples).quarters.map(({ processes }) => processes)).toEqual([2, 1, 1, 1])
})

test('of a process that began in the third quarter says nothing, and that is not flat', () => {
  const { growth } = verdict([...memory(() => 130, 6, 0, 2000), ...memory(() => 130, 7, 2000)])
  expect(growth).toBeNaN()
  expect(isFlat(verdict([]))).toBe(false)
})

test('leaves out what a process needs to fill its caches', () => {
  const samples = [...memory(() => 300, 6, 0, 880), ...memory((hour) => (hour < 1050 / 3600 ? 60 : 130), 7, 880)]
  expect(verdict(samples).growth).toBeCloseTo(0, 5)
})

test('has a slope in MiB an hour', () => {
  expect(verdict(memory((hour) => 100 + 21 * hour)).slopeMiBPerHour).toBeCloseTo(21, 6)
  expect(verdict(memory(() => 100)).heapSlopeMiBPerHour).toBeCloseTo(0, 6)
})
