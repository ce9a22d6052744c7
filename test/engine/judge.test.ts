import { describe, expect, it } from 'vitest'
import type { Applied } from '../../controller/engine/cycle.ts'
import { failureMessage, judgeCycle, lastWords } from '../../controller/engine/judge.ts'
import type { TransactionOutcome } from '../../controller/model/outcome.ts'
import type { Brake, Plan } from '../../controller/model/plan.ts'

type Facts = Parameters<typeof judgeCycle>[0]

const nothing = { transactions: [], records: [], forgotten: [], withheld: [], refused: [], orphans: [], unknown: [] }
const planOf = (more: object): Plan => ({ ...nothing, ...more }) as unknown as Plan
const applied = (outcome: TransactionOutcome): Applied =>
  ({ transaction: { changes: [{ id: 'file:/a' }, { id: 'file:/b' }] }, outcome }) as unknown as Applied
const withheld = (brake: Brake, because: string) => ({ brake, because, changes: [] })
const judge = (more: Partial<Facts> = {}) =>
  judgeCycle({
    ...{ plan: planOf({}), applied: [], finishedJobs: [], inProgress: [], busy: undefined, hold: undefined, isInterrupted: false },
    ...more,
  })

const done = applied({ status: 'done' })
const failed = applied({ status: 'failed', step: 'write /a', exitCode: 1, stderr: 'no room\n', undone: true })
const dirty = applied({ status: 'failed', step: 'write /a', exitCode: 1, stderr: 'no room\n', undone: false })
const refused = applied({ status: 'refused', step: 'write /a', because: 'the world moved' })
const work = planOf({ transactions: [{}] })
const busy: NonNullable<Facts['busy']> = {
  ...{ plan: 'aa', sinceSeconds: 1, by: '', isOverdue: false, isOver: false },
  message: 'apply aa is running',
}

describe('a cycle', () => {
  it.each<readonly [name: string, facts: Partial<Facts>, status: string, message: string]>([
    ['without anything to do', {}, 'noop', ''],
    ['that did something', { applied: [done] }, 'converged', ''],
    ['that failed', { applied: [done, failed] }, 'failed', 'file:/a, file:/b: could not write /a: no room; it was undone'],
    [
      'that failed, and its undo too',
      { applied: [dirty] },
      'failed',
      'file:/a, file:/b: could not write /a: no room; and the undo failed too',
    ],
    ['that the host refused', { applied: [refused] }, 'failed', 'file:/a, file:/b: could not write /a: the world moved'],
    ['that is stuck', { stuck: 'cannot be undone', plan: work }, 'failed', 'cannot be undone'],
    [
      'that is stuck, and failed at something else',
      { stuck: 'cannot be undone', applied: [failed] },
      'failed',
      'file:/a, file:/b: could not write /a: no room; it was undone',
    ],
    ['under a hold', { hold: 'repairs', plan: work }, 'held', 'held at the console: repairs'],
    [
      'under a hold with lines of the ledger to write',
      { hold: 'repairs', plan: planOf({ records: [{}] }) },
      'held',
      'held at the console: repairs',
    ],
    ['under a hold with lines to forget', { hold: 'repairs', plan: planOf({ forgotten: [{}] }) }, 'held', 'held at the console: repairs'],
    ['under a hold without anything to do', { hold: 'repairs' }, 'noop', ''],
    [
      'under a hold that keeps what was interrupted',
      { hold: 'repairs', isInterrupted: true },
      'held',
      'held at the console: repairs; an apply that was interrupted is undone only after that',
    ],
    ['that is suspended', { suspended: 'by ann', plan: work }, 'held', 'suspended: by ann'],
    ['that is suspended without anything to do', { suspended: 'by ann' }, 'noop', ''],
    ['that is suspended and under a hold', { suspended: 'by ann', hold: 'repairs', plan: work }, 'held', 'held at the console: repairs'],
    [
      'whose job failed',
      { finishedJobs: [{ items: ['he1 rootfs:a', 'he1 mount:b'], isDone: false, stderr: 'a\nb\nc\nd\n' }] },
      'failed',
      'he1 rootfs:a, he1 mount:b: its job failed: b; c; d',
    ],
    ['whose job is done', { finishedJobs: [{ items: ['he1 rootfs:a'], isDone: true, stderr: '' }] }, 'noop', ''],
    ['beside another apply', { busy, plan: work }, 'waiting', 'apply aa is running'],
    ['beside a job', { inProgress: ['he1 rootfs:a', 'he1 rootfs:b'], plan: work }, 'waiting', 'being made: he1 rootfs:a, he1 rootfs:b'],
    ['that needs a person', { plan: planOf({ withheld: [withheld('DataLoss', 'it would lose data')] }) }, 'withheld', 'it would lose data'],
    ['that only reports', { plan: planOf({ withheld: [withheld('Report', 'drift is shown')] }) }, 'noop', ''],
    [
      'of which something is refused',
      { plan: planOf({ refused: [{ id: 'file:/a', reasons: ['one', 'two'] }] }) },
      'withheld',
      'file:/a: one; two',
    ],
    ['with more to do', { plan: work }, 'waiting', 'more is to be done than the passes of one cycle'],
    [
      'that waits for its window',
      { plan: planOf({ withheld: [withheld('Waiting', 'the window is closed')] }) },
      'waiting',
      'the window is closed',
    ],
    [
      'that could not read something',
      { plan: planOf({ unknown: [{ id: 'file:/a', reason: 'it was cut' }] }) },
      'waiting',
      'file:/a is unknown: it was cut',
    ],
  ])('%s', (_name, facts, status, message) => {
    expect(judge(facts)).toEqual({ status, message })
  })

  it.each(['Peer', 'Rollout'] as const)('that waits for its turn (%s) is woken', (brake) => {
    const plan = planOf({ withheld: [withheld(brake, 'he2 comes first')] })
    expect(judge({ plan })).toEqual({ status: 'waiting', message: 'he2 comes first', isWoken: true })
    const window = planOf({ withheld: [withheld(brake, 'he2 comes first'), withheld('Waiting', 'the window is closed')] })
    expect(judge({ plan: window })).toEqual({ status: 'waiting', message: 'the window is closed' })
  })
})

describe('the last words of a tool', () => {
  it('are its last three lines, and of those no more than the end', () => {
    expect(lastWords('\n one \n two\n three\nfour \n\n')).toBe('two; three; four')
    expect(lastWords(`${'a'.repeat(700)}`)).toBe(`…${'a'.repeat(600)}`)
    expect(lastWords('a'.repeat(600))).toBe('a'.repeat(600))
    expect(lastWords(' \n ')).toBe('no reason was printed')
  })

  it('are none of what did not fail', () => {
    expect(failureMessage(done)).toBe('file:/a, file:/b')
  })
})
