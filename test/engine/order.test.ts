import { expect, it } from 'vitest'
import { topologicalOrder } from '../../controller/engine/order.ts'

it.each<readonly [name: string, needs: readonly (readonly number[])[], order: readonly number[]]>([
  ['nothing', [], []],
  ['what needs nothing stays in the given order', [[], [], []], [0, 1, 2]],
  ['what is needed comes first, once, however many need it', [[2], [2], [3], []], [3, 2, 0, 1]],
  ['all of a circle is there, once, and what it needs before it', [[1], [2, 3], [0], []], [2, 3, 1, 0]],
  ['what needs itself', [[0]], [0]],
])('%s', (_name, needs, order) => {
  expect(topologicalOrder(needs.length, (node) => needs[node] ?? [])).toEqual(order)
})
