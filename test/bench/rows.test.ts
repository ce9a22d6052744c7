import { describe, expect, it, test } from 'vitest'
import { latencyRows } from './latencyRows.ts'
import { rowsOf as peerRows } from './peers/figures.ts'
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

describe('of commits', () => {
  const seen = (sort: string, sincePushedMs: number, isTrue = true) => ({ sort, sincePushedMs, sincePushMs: sincePushedMs + 30, isTrue })
  const floors = new Map([
    ['a file', 10],
    ['a zone', 100],
  ])
  const of = latencyRows('the way', [seen('a file', 110), seen('a zone', 400), seen('a file', 1510, false)], floors, {
    p50: 250,
    p99: 1000,
  })

  it('each is held against the time of its own daemons', () =>
    expect(of.map(({ value, floor, bar, ok }) => [value, floor, bar, ok])).toEqual([
      [300, 100, 250, false],
      [1500, 100, 1000, false],
      [1500, 100, null, true],
      [430, null, null, true],
      [1, null, 0, false],
      [100, 10, 250, true],
      [300, 100, 250, false],
    ]))

  it('the slowest of a sort stand in its name', () =>
    expect(of.map(({ name }) => name)).toContain('… a file: p50 of 2 (p99 1500 ms, the longest 1500 ms)'))
})

describe('beside other tools', () => {
  const peer = { name: 'Peer (1.0)', noopMs: 5000, changeMs: 6000, repairMs: 7000, left: ['a rule', 'a map'], farMs: undefined }
  const own = {
    ...peer,
    name: 'Reeve',
    noopMs: 20,
    changeMs: 300,
    repairMs: 900,
    left: [],
    farMs: 90,
    floorMs: 40,
    cpuSeconds: 0.007,
    replyBytes: 22_153,
  }

  it('every bar of our own is a row, beside each tool that has such a figure', () =>
    expect(peerRows(own, [peer, { ...peer, name: 'Far (2)', farMs: 9000 }], 50)).toEqual([
      timeByFloor('100 things on one host, native: cycle without a change', 20, 40, 1.3),
      figure('… processor time of the controller for a host and cycle', 7, 'ms', 20),
      figure("… the host's answer", 22.153, 'kB', 35),
      peerRow('… no change, beside Peer (1.0)', 20, 5000, 'ms', 150),
      peerRow('… no change, beside Far (2)', 20, 5000, 'ms', 150),
      peerRow('… one line changed → it answers, beside Peer (1.0)', 300, 6000, 'ms', 400),
      peerRow('… one line changed → it answers, beside Far (2)', 300, 6000, 'ms', 400),
      peerRow('… 7 drifts found and repaired, beside Peer (1.0)', 900, 7000, 'ms', null),
      peerRow('… 7 drifts found and repaired, beside Far (2)', 900, 7000, 'ms', null),
      peerRow('… no change, 50 ms more to the host and back, beside Far (2)', 90, 9000, 'ms', 250),
      peerRow('… of 7 drifts left, beside Peer (1.0) (it leaves: a rule, a map)', 0, 2, '', 0),
      peerRow('… of 7 drifts left, beside Far (2) (it leaves: a rule, a map)', 0, 2, '', 0),
    ]))
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
