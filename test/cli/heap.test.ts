import { expect, it } from 'vitest'
import { hurry } from '../../controller/cli/heap.ts'

it('work that may take memory ends as it does by itself, also where several overlap and one fails', async () => {
  const late = hurry(() => new Promise((resolve) => setTimeout(() => resolve('late'), 20)))
  await expect(hurry(() => Promise.reject(new Error('not well')))).rejects.toThrow('not well')
  expect(await hurry(() => Promise.resolve('early'))).toBe('early')
  expect(await late).toBe('late')
})
