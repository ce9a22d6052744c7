import { expect, it } from 'vitest'
import { failedIn, finishedAt, lastSeconds, reportOf } from './longReport.ts'

const now = new Date('2026-01-02T03:04:05Z')
const results = (...tests: readonly object[]): string => JSON.stringify({ testResults: [{ assertionResults: tests }] })
const good = { fullName: '1000 of them are alike', status: 'passed', duration: 61_000 }
const bad = {
  fullName: 'it differs',
  status: 'failed',
  duration: null,
}
const said = 'much\n-- Failed Tests 1 --\nexpected 1\n2026-01-02T00:00:00Z abc passed test/x: , 1 s, REEVE_TEST_SEED=1'
const suite = { seed: '7', seconds: 62, status: 0, said }

const report = [
  reportOf({ ...suite, file: 'test/a.test.ts', json: results(good, { ...good, duration: 3 }) }, 'abc', now),
  reportOf({ ...suite, file: 'test/b.test.ts', status: 1, json: results(good, bad) }, 'abc', now),
  reportOf({ ...suite, file: 'test/c.test.ts', status: 1, json: undefined }, 'abc', now),
  reportOf({ ...suite, file: 'test/d.test.ts', json: results(good, { ...good, status: 'skipped' }) }, 'abc', now),
  reportOf({ ...suite, file: 'test/e.test.ts', json: results(good) }, 'abc+', now),
].join('')

it('the report of a suite says how it ended, what repeats it, and each test that took long or failed', () => {
  expect(report.split('\n').slice(0, 8)).toEqual([
    '2026-01-02T03:04:05.000Z abc passed test/a.test.ts: 2 passed, 0 failed, 0 skipped, 62 s, REEVE_TEST_SEED=7',
    '    61.0 s passed 1000 of them are alike',
    '2026-01-02T03:04:05.000Z abc FAILED test/b.test.ts: 1 passed, 1 failed, 0 skipped, 62 s, REEVE_TEST_SEED=7',
    '    61.0 s passed 1000 of them are alike',
    '     0.0 s failed it differs',
    '             | -- Failed Tests 1 --',
    '             | expected 1',
    '             | 2026-01-02T00:00:00Z abc passed test/x: , 1 s, REEVE_TEST_SEED=1',
  ])
})

it('a suite counts as run where all of it passed, on this very commit', () => {
  expect([...finishedAt(report, 'abc')]).toEqual(['test/a.test.ts'])
  expect([...finishedAt(report, 'abc+')]).toEqual([])
  expect(failedIn(report, 'abc')).toEqual(['test/b.test.ts', 'test/c.test.ts', 'test/d.test.ts'])
  expect(lastSeconds(report).get('test/e.test.ts')).toBe(62)
})

it('a suite that failed and then passed is no failure', () => {
  const again = reportOf({ ...suite, file: 'test/b.test.ts', json: results(good) }, 'abc', now)
  expect(failedIn(report + again, 'abc')).toEqual(['test/c.test.ts', 'test/d.test.ts'])
})
