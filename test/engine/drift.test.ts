import { describe, expect, it } from 'vitest'
import type { Applied } from '../../controller/engine/cycle.ts'
import { driftOf, driftSince, putRight } from '../../controller/engine/drift.ts'
import type { Cause } from '../../controller/model/change.ts'
import type { ContainerName, HypervisorName, PrimitiveId } from '../../controller/model/ids.ts'
import type { Brake, Plan, PlannedChange, Transaction } from '../../controller/model/plan.ts'
import type { Target } from '../../controller/model/target.ts'

const hypervisor = 'he1' as HypervisorName

function change(id: string, causes: readonly Cause[], container?: string): PlannedChange {
  const fields = causes.map((cause, index) => ({ field: `f${index}`, before: 'a', after: 'b', cause }))
  const target: Target = container === undefined ? { hypervisor } : { hypervisor, inside: container as ContainerName, provider: 'lxc' }
  return { id: id as PrimitiveId, action: 'update', impact: 'none', owners: [], fields, target }
}

const transaction = (...changes: readonly PlannedChange[]): Transaction => ({ changes }) as Transaction
const planOf = (transactions: readonly Transaction[], withheld: readonly (readonly [Brake, PlannedChange])[] = []): Plan =>
  ({ transactions, withheld: withheld.map(([brake, one]) => ({ brake, changes: [one], because: '' })) }) as unknown as Plan
const applied = (status: 'done' | 'failed', ...changes: readonly PlannedChange[]): Applied =>
  ({ transaction: transaction(...changes), outcome: { status } }) as unknown as Applied
const ids = (changes: readonly PlannedChange[]): readonly string[] => changes.map(({ id }) => id)

describe('drift', () => {
  it('is what moved on the host in one of its fields, also where a brake keeps it so, but not before a peer was read', () => {
    const plan = planOf(
      [transaction(change('file:a', ['pending', 'drift']), change('file:b', ['pending'])), transaction(change('file:c', ['drift']))],
      [
        ['Restart', change('file:d', ['drift'])],
        ['Peer', change('file:e', ['drift'])],
        ['Restart', change('file:f', ['pending'])],
      ],
    )
    expect(ids(driftOf(plan))).toEqual(['file:a', 'file:c', 'file:d'])
  })

  it('that came while a cycle was at work is what it neither knew nor touched, on that very target', () => {
    const plan = planOf([
      transaction(
        change('file:known', ['drift']),
        change('file:touched', ['drift']),
        change('file:new', ['drift']),
        change('file:git', ['pending']),
      ),
      transaction(change('file:known', ['drift'], 'web')),
    ])
    const since = driftSince([change('file:known', ['drift'])], [applied('failed', change('file:touched', ['pending']))], plan)
    expect(since.map(({ id, target }) => [id, target.inside])).toEqual([
      ['file:new', undefined],
      ['file:known', 'web'],
    ])
  })

  it('was put right where its transaction is done, on that very target', () => {
    const [good, bad, inside] = [change('file:a', ['drift']), change('file:b', ['drift']), change('file:a', ['drift'], 'web')]
    expect(putRight([good, bad, inside], [applied('done', good), applied('failed', bad)])).toEqual([good])
  })
})
