import { expect, it } from 'vitest'
import type { Outcome, Part } from '../../controller/replicas/etcd.ts'
import { createGiving } from '../../controller/replicas/giving.ts'
import { createPicture } from '../../controller/replicas/picture.ts'

const prefix = '/reeve/giving/'

/** One that has these, and an etcd that does, or does not, what it is told. */
function rigOf(hypervisors: readonly string[], leave = (): Promise<void> => Promise.resolve()) {
  const picture = createPicture(prefix)
  const value = JSON.stringify({ member: 'a', lease: '1' })
  picture.replace({
    revision: 1,
    entries: hypervisors.map((name) => ({ key: `${prefix}owners/${name}`, value, createRevision: 1, modRevision: 1, lease: '1' })),
  })
  const requests: (readonly Part[])[] = []
  const given: string[] = []
  const trouble: unknown[] = []
  const etcd = { isAway: false }
  const giving = createGiving({
    picture,
    prefix,
    etcd: {
      async transact(parts): Promise<readonly Outcome[]> {
        requests.push(parts)
        await new Promise((resolve) => setImmediate(resolve))
        if (etcd.isAway) throw new Error('no etcd')
        return parts.map(() => ({ isDone: true, revision: 2 }))
      },
    },
    isStopped: () => false,
    leave,
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    onTrouble: (error) => trouble.push(error),
    onGiven: (hypervisor) => given.push(hypervisor),
  })
  return { giving, picture, requests, given, trouble, etcd }
}

it('thousands that leave at once are given in two requests, and are not ours from the first moment', async () => {
  const names = Array.from({ length: 3000 }, (_, index) => `he${index}`)
  const { giving, picture, requests, given } = rigOf(names)
  giving.give(names)
  expect(giving.leaving.size).toBe(3000)
  await expect.poll(() => requests.flat().length).toBe(3000)
  // Longer than a deletion that did not come through is waited for: the watch is late.
  await new Promise((resolve) => setTimeout(resolve, 700))
  expect([giving.leaving.size, given.length]).toEqual([3000, 0])
  giving.learned(picture.replace({ revision: 3, entries: [] }))
  await expect.poll(() => given.length).toBe(3000)
  expect(requests.flat()).toHaveLength(3000)
  expect(requests.length).toBeLessThanOrEqual(2)
  expect(giving.leaving.size).toBe(0)
})

it('what etcd gave no answer to is not ours any more: it may be done, and is asked for again', async () => {
  const { giving, picture, requests, given, trouble, etcd } = rigOf(['he1', 'he2'])
  etcd.isAway = true
  giving.give(['he1'])
  await expect.poll(() => requests.length, { timeout: 5000 }).toBe(2)
  expect([[...giving.leaving], given, trouble.length > 0]).toEqual([['he1'], [], true])
  etcd.isAway = false
  await expect.poll(() => requests.length, { timeout: 5000 }).toBe(3)
  giving.learned(picture.replace({ revision: 3, entries: [...picture.entries.values()].filter(({ key }) => key.endsWith('he2')) }))
  await expect.poll(() => given).toEqual(['he1'])
  expect([giving.leaving.size, requests.length]).toEqual([0, 3])
})

it('what cannot be left stays ours, and that is said', async () => {
  const { giving, given, trouble, requests } = rigOf(['he1', 'he2'], () => Promise.reject(new Error('a cycle that never ends')))
  giving.give(['he1'])
  await expect.poll(() => given, { timeout: 5000 }).toEqual(['he1'])
  expect([giving.leaving.size, trouble.length, requests.length]).toEqual([0, 1, 0])
})
