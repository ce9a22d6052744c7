import { describe, expect, test } from 'vitest'
import { type Act, type CommitAct, commitSorts, driftSorts, faultSorts, killShare, scheduleOf } from './schedule.ts'

const given = process.env['REEVE_TEST_SEED']
const first = given === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(given)
const seeds = Array.from({ length: 20 }, (_, index) => first + index)

const commitsOf = (acts: readonly Act[]): readonly CommitAct[] => acts.flatMap((act) => (act.type === 'commit' ? [act] : []))
const faultsOf = (acts: readonly Act[]) => acts.flatMap((act) => (act.type === 'fault' ? [act] : []))

describe(`the schedule of a soak (REEVE_TEST_SEED=${first})`, () => {
  test('is the same for the same seed and minutes, and another one for another seed', () => {
    expect(scheduleOf(first, 30)).toEqual(scheduleOf(first, 30))
    expect(scheduleOf(first, 30)).not.toEqual(scheduleOf(first + 1, 30))
  })

  test('has one bad commit in each ten', () => {
    for (const seed of seeds) {
      const commits = commitsOf(scheduleOf(seed, 120))
      for (let from = 0; from + 10 <= commits.length; from += 10)
        expect(commits.slice(from, from + 10).filter(({ bad }) => bad !== undefined)).toHaveLength(1)
    }
  })

  test('numbers all commits in their order, also those amid a fault: no two are alike', () => {
    for (const seed of seeds) {
      const all = scheduleOf(seed, 60).flatMap((act) => (act.type === 'fault' ? [act.meanwhile] : [act]))
      const turns = all.flatMap((act) => (act.type === 'commit' ? [act.turn] : []))
      expect(turns).toEqual(turns.map((_, index) => index + 1))
    }
  })

  test('has every sort of commit, drift and fault within half an hour', () => {
    for (const seed of seeds) {
      const acts = scheduleOf(seed, 30)
      const sorts = new Set<string>(acts.flatMap((act) => (act.type === 'fault' ? [act.sort, act.meanwhile.sort] : [act.sort])))
      expect([...commitSorts, ...driftSorts, ...faultSorts].filter((sort) => !sorts.has(sort))).toEqual([])
    }
  })

  test.each([5, 15, 120, 600])('of %i minutes kills the controller in its first fifth alone, and at least once', (minutes) => {
    for (const seed of seeds) {
      const acts = scheduleOf(seed, minutes)
      const kills = acts.flatMap((act, index) => (act.type === 'fault' && act.sort === 'kill -9 of the controller' ? [index] : []))
      expect(kills.length).toBeGreaterThan(0)
      expect(Math.max(...kills)).toBeLessThan(Math.max(3, killShare * acts.length))
    }
  })

  test('leaves each act alone for seconds, and does in a fault only what can be told apart from it', () => {
    for (const seed of seeds) {
      const acts = scheduleOf(seed, 120)
      expect(Math.min(...acts.map(({ pauseSeconds }) => pauseSeconds))).toBeGreaterThanOrEqual(3)
      const faults = faultsOf(acts)
      expect(faults.filter(({ host, meanwhile }) => meanwhile.host !== host)).toEqual([])
      expect(faults.filter(({ sort, meanwhile }) => sort === 'Git gone' && meanwhile.type === 'commit')).toEqual([])
      expect(faults.filter(({ sort, meanwhile }) => sort === 'host reboot' && meanwhile.type === 'drift')).toEqual([])
      expect(faults.filter(({ meanwhile }) => meanwhile.type === 'commit' && meanwhile.bad !== undefined)).toEqual([])
    }
  })
})
