import { expect, it } from 'vitest'
import { together } from '../../controller/replicas/together.ts'

it('what comes while one is under way goes with the next, in one', async () => {
  const sent: (readonly number[])[] = []
  const send = together(async (all: readonly number[]) => {
    sent.push(all)
    await new Promise((resolve) => setImmediate(resolve))
  })
  const first = send(1)
  await Promise.resolve()
  await Promise.resolve()
  await Promise.all([first, send(2), send(3)])
  await send(4)
  expect(sent).toEqual([[1], [2, 3], [4]])
})

it('one that fails fails for all that went with it, and the next goes', async () => {
  const sent: (readonly number[])[] = []
  const send = together(async (all: readonly number[]) => {
    sent.push(all)
    if (sent.length === 1) throw new Error('no etcd')
  })
  const outcomes = await Promise.allSettled([send(1), send(2)])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await send(3)
  expect(sent).toEqual([[1, 2], [3]])
})
