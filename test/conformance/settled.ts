import { expect } from 'vitest'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { depsOf, desired } from './engine.ts'
import type { Place } from './sample.ts'

/** One apply of all of them, and then nothing differs and nothing is unknown. */
export async function expectSettled(specs: readonly Spec[], place: Place, why: string): Promise<void> {
  const state = desired(specs)
  const first = await reconcile(state, depsOf(place))
  expect({ message: first.message, withheld: first.plan.withheld, refused: first.plan.refused }, why).toEqual({
    message: '',
    withheld: [],
    refused: [],
  })
  const { plan, status } = await planOnce(state, depsOf(place))
  const left = plan.transactions.flatMap(({ changes }) => changes.map(({ id, fields }) => ({ id, fields })))
  expect({ status, left, unknown: plan.unknown, records: plan.records }, why).toEqual({
    status: 'noop',
    left: [],
    unknown: [],
    records: [],
  })
}
