import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Scale, startScale } from '../bench/scale.ts'

let scale: Scale
beforeAll(async () => {
  scale = await startScale({ hosts: 20, resources: 10, resync: '10s', more: { timeouts: { observe: '10s' } } })
}, 120_000)
afterAll(() => scale?.[Symbol.asyncDispose]())

const names = (from: number, to: number): readonly string[] => scale.ways.slice(from, to).map(({ name }) => name)

test('a commit for one host of a fleet is verified there, and writes on no other', async () => {
  const before = (await scale.fleet.written({ since: 0 })).at(-1)?.number ?? 0
  const [one = ''] = names(7, 8)
  expect([...(await scale.commit([one])).keys()]).toEqual([one])
  const written = await scale.fleet.written({ since: before })
  expect(new Set(written.map(({ host }) => host))).toEqual(new Set([one]))
  expect(written.find(({ what }) => what === 'ledger')).toMatchObject({ epoch: 1, by: expect.stringContaining('reeve run') })
})

test('hosts in a black hole keep no other host waiting, and are brought up to date when they answer again', async () => {
  const dark = names(0, 5)
  await scale.fleet.strike({ names: dark, faults: { isBlackHole: true } })
  const all = scale.ways.map(({ name }) => name)
  const everywhere = scale.commit(all)
  const others = all.filter((name) => !dark.includes(name))
  const verified = () =>
    new Set(
      scale.records
        .filter(({ status, commit }) => status === 'converged' && commit === scale.lastCommit())
        .map(({ hypervisor }) => hypervisor),
    )
  await expect.poll(() => others.filter((name) => !verified().has(name)), { timeout: 15_000 }).toEqual([])
  expect(dark.filter((name) => verified().has(name))).toEqual([])
  await scale.fleet.strike({ names: dark, faults: {} })
  await scale.fleet.reset({ names: dark })
  expect((await everywhere).size).toBe(20)
}, 60_000)

test('the simulation could do all that was asked of it', async () => {
  expect(await scale.fleet.complaints()).toEqual([])
})
