import { describe, expect, it, test } from 'vitest'
import { figure, peerRow, type Row, timeByFloor } from './rows.ts'
import { median, quantile } from './statistics.ts'
import { markdown } from './table.ts'

const rows: readonly (readonly [what: string, row: Row, is: Row])[] = [
  [
    'a figure under its bar',
    figure('a', 2.5049, 'ms', 3),
    { name: 'a', value: 2.5, unit: 'ms', floor: null, peer: null, ratio: null, bar: 3, ok: true },
  ],
  [
    'a figure above it, with a floor that only stands beside it',
    figure('a', 1297.3, 'ms', 1000, 71.4),
    { name: 'a', value: 1297, unit: 'ms', floor: 71, peer: null, ratio: null, bar: 1000, ok: false },
  ],
  [
    'a figure that is judged as it is shown',
    figure('a', 1000.4, 'ms', 1000),
    { name: 'a', value: 1000, unit: 'ms', floor: null, peer: null, ratio: null, bar: 1000, ok: true },
  ],
  [
    'a figure for information',
    figure('a', 12, '', null),
    { name: 'a', value: 12, unit: '', floor: null, peer: null, ratio: null, bar: null, ok: true },
  ],
  [
    'a figure that could not be taken, which is never right',
    figure('a', Number.NaN, 'ms', null),
    { name: 'a', value: Number.NaN, unit: 'ms', floor: null, peer: null, ratio: null, bar: null, ok: false },
  ],
  [
    'a time by its floor',
    timeByFloor('a', 15, 20, 1.3),
    { name: 'a', value: 15, unit: 'ms', floor: 20, peer: null, ratio: 0.75, bar: 1.3, ok: true },
  ],
  [
    'a time too far above its floor',
    timeByFloor('a', 30, 20, 1.3),
    { name: 'a', value: 30, unit: 'ms', floor: 20, peer: null, ratio: 1.5, bar: 1.3, ok: false },
  ],
  [
    'a time beside that of a peer, held against its own bar',
    peerRow('a', 20, 5000, 'ms', 150),
    { name: 'a', value: 20, unit: 'ms', floor: null, peer: 5000, ratio: 250, bar: 150, ok: true },
  ],
  [
    'nothing beside something',
    peerRow('a', 0, 3, '', 0),
    { name: 'a', value: 0, unit: '', floor: null, peer: 3, ratio: null, bar: 0, ok: true },
  ],
]

test.each(rows)('a row is made of %s', (_, row, is) => {
  expect(row).toEqual(is)
  expect(Object.keys(row)).toEqual(['name', 'value', 'unit', 'floor', 'peer', 'ratio', 'bar', 'ok'])
})

describe('the table', () => {
  const shown = (row: Row) => markdown([row], { before: 0.5, after: 2 }, [], 'a machine').split('\n').at(-1)

  it.each([
    [figure('a', 1297, 'ms', 1000, 71), '| a | 1297 ms | 71 |  |  | ≤ 1000 ms | NO: 297 ms above (30 %) |'],
    [timeByFloor('a', 30, 20, 1.3), '| a | 30 ms | 20 |  | 1.5 | ≤ 1.3 × floor | NO: 0.2 × floor above (15 %) |'],
    [figure('a', 2, '', 0), '| a | 2 |  |  |  | ≤ 0 | NO: 2 above |'],
    [figure('a', Number.NaN, 'ms', 5), '| a | NaN ms |  |  |  | ≤ 5 ms | NO: not measured |'],
    [peerRow('a', 20, 5000, 'ms', 150), '| a | 20 ms |  | 5000 | 250 | ≤ 150 ms | yes |'],
    [figure('a', 12, 'MiB', null), '| a | 12 MiB |  |  |  |  |  |'],
  ])('says by how much a bar was missed', (row, line) => expect(shown(row)).toBe(line))

  it('says on which machine it was measured and what else ran there', () => {
    expect(markdown([], { before: 0.5, after: 2.04 }, ['one', 'two'], 'a machine')).toContain(
      'by `npm run bench`, the parts one, two, on a machine, load 0.5 before and 2.0 after.',
    )
  })
})

describe('of many values', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  it.each([
    [0.5, 50],
    [0.95, 95],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('the %d quantile is a value that was seen', (share, is) => expect(quantile(hundred, share)).toBe(is))

  it('a few values have their largest for p99, and one has itself', () => {
    expect(quantile([3, 1, 2], 0.99)).toBe(3)
    expect(quantile([7], 0.5)).toBe(7)
  })

  it('the median is a value that was seen', () => expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 3]))

  it('of none there is neither', () => expect([quantile([], 0.5), median([])]).toEqual([Number.NaN, Number.NaN]))
})
