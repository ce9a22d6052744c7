import { expect, it } from 'vitest'
import type { Journal } from '../../controller/engine/apply/journal.ts'
import { runningApply } from '../../controller/engine/busy.ts'

const journal = (more: Partial<Journal>): Journal => ({
  ...{ name: 'aa11bb22', state: 'running', isJob: false, items: [], transactions: [], stderr: '' },
  ...more,
})
const still = { before: 'aa11bb22 1', after: 'aa11bb22 1' }
const running = { forSeconds: 80, sinceSeconds: 1_795_486_711, withinSeconds: 80, by: 'fleet home' }
const since = 'apply aa11bb22 (fleet home) is running on the host since 2026-11-24 02:18:31 UTC'

it('nothing runs where no journal says so and nobody had a turn', () => {
  const others = [journal({ state: 'closed' }), journal({ state: 'open' }), journal({ isJob: true, running })]
  expect(runningApply({ journals: others }, still)).toBeUndefined()
})

it('says who applies, since when, and when that takes longer than it was given', () => {
  const ofPlan = { plan: 'aa11bb22', sinceSeconds: running.sinceSeconds, by: 'fleet home', isOver: false }
  expect(runningApply({ journals: [journal({ running })] }, still)).toEqual({ ...ofPlan, isOverdue: false, message: since })
  expect(runningApply({ journals: [journal({ running: { ...running, forSeconds: 81 } })] }, still)).toEqual({
    ...{ ...ofPlan, isOverdue: true },
    message: `${since}, longer than the 80 s that it was given; what it does now: cat /var/lib/reeve/journal/aa11bb22/state-*`,
  })
})

it('names nobody where the host names nobody', () => {
  expect(runningApply({ journals: [journal({ running: { ...running, by: '' } })] }, still)?.message).toBe(
    'apply aa11bb22 is running on the host since 2026-11-24 02:18:31 UTC',
  )
  expect(runningApply({ journals: [journal({})] }, still)).toEqual({
    ...{ plan: 'aa11bb22', sinceSeconds: undefined, by: '', isOverdue: false, isOver: false },
    message: 'apply aa11bb22 is being started on the host',
  })
})

it.each([
  ['cc33dd44 7', 'cc33dd44'],
  ['cc33dd447 ', 'cc33dd447'],
  ['cc33 7', ''],
  ['xcc33dd44 7', ''],
  ['cc33dd44', ''],
  ['', ''],
])('one that ended while the host was read is told by its turn %j', (after, plan) => {
  expect(runningApply({ journals: [] }, { before: 'aa11bb22 1', after })).toEqual({
    ...{ plan, sinceSeconds: undefined, by: '', isOverdue: false, isOver: true },
    message: 'another apply ran on the host while it was being read',
  })
})
