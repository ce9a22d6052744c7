import { expect, it, vi } from 'vitest'
import type { HookProvider } from '../../controller/forge/provider.ts'
import { longTest } from '../longTest.ts'
import { randomFrom } from '../random.ts'
import { type FuzzCase, idleCase, pushCase, type Random, wrongCase, wrongSorts } from './fuzz/cases.ts'
import { send, sendAll } from './fuzz/wire.ts'
import { type Fuzzed, startFuzzed } from './fuzz/world.ts'

/** Machines are busy. */
const patient = { timeout: 15_000 }

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const width = 16
/** From so many on, senders may stay silent until the server gives them up after ten seconds, and growth is judged. */
const manyRequests = 20_000
const growthLimitKilobytes = 10 * 1024

vi.setConfig({ testTimeout: 1_800_000 })

it('requests of every sort of wrong crash nothing and do nothing, and right ones among them are heard', async () => {
  await fuzz('github', 1000)
})

longTest('100,000 requests crash nothing, do nothing, and leave less than 10 MB behind', async () => {
  await fuzz('github', 100_000)
})
longTest('so do 20,000 that are signed as Standard Webhooks say', async () => {
  await fuzz('generic', 20_000)
})
longTest('so do 20,000 with a plain token', async () => {
  await fuzz('gitlab', 20_000)
})

async function fuzz(provider: HookProvider, count: number): Promise<void> {
  const random = randomFrom(seed)
  await using world = await startFuzzed(provider)
  const asked = world.questions()
  // What a process needs once, it has after these.
  await sendWrong(world, random, Math.min(10_000, count / 5), false)
  const before = world.residentKilobytes()
  const said = await sendWrong(world, random, count, count >= manyRequests)
  const growth = world.residentKilobytes() - before
  const counted = await world.counted()
  const figures = `REEVE_TEST_SEED=${seed}, ${provider}, ${count} requests: ${before} kB before, grown by ${growth} kB; ${JSON.stringify(counted)}`
  console.info(figures)

  expect(world.isAlive(), figures).toBe(true)
  expect(said, figures).toEqual(new Set(wrongSorts))
  expect(
    [world.questions() - asked, await world.remembered(), counted['accepted'], counted['ignored'], counted['replayed']],
    figures,
  ).toEqual([0, 0, 0, 0, 0])
  if (count >= manyRequests) expect(growth, figures).toBeLessThan(growthLimitKilobytes)
  await sendMixed(world, random, Math.min(300, count), figures)
  expect(
    world.log.filter((line) => /"level":"(error|fatal)"|Unhandled|at file:/.test(line)),
    figures,
  ).toEqual([])
}

/** Only wrong ones: none is answered with success. Answers the sorts that were sent. */
async function sendWrong(world: Fuzzed, random: Random, count: number, maySilent: boolean): Promise<ReadonlySet<string>> {
  const sorts = new Set<string>()
  await sendAll(count, width, (n) => {
    const made = wrongCase(random, world, n + 1)
    const one = { ...made, isSilent: made.isSilent && maySilent }
    sorts.add(one.sort)
    return { isSilent: one.isSilent, done: expectRefused(world, one, n) }
  })
  return sorts
}

async function expectRefused({ port }: Fuzzed, one: FuzzCase, n: number): Promise<void> {
  const statuses = await send(port, one)
  const bad = statuses.filter((status) => status !== 100 && (status < 400 || (status >= 500 && status !== 501 && status !== 505)))
  if (bad.length > 0)
    throw new Error(
      `REEVE_TEST_SEED=${seed}, request ${n} (${one.sort}) was answered ${statuses.join(', ')}:\n${Buffer.concat([...one.pieces])}`,
    )
}

/** Right pushes, each sent twice, among wrong ones and idle ones: exactly the first of each has an effect. */
async function sendMixed(world: Fuzzed, random: Random, count: number, figures: string): Promise<void> {
  const asked = world.questions()
  let pushes = 0
  await sendAll(count, width, (n) => {
    const sort = n % 4
    if (sort === 0) pushes += 1
    const one =
      sort === 0 ? pushCase(random, world, n + 1e6) : sort === 1 ? idleCase(random, world, n + 1e6) : wrongCase(random, world, n + 1e6)
    const done = sort === 0 ? sendTwice(world.port, one, figures) : send(world.port, { ...one, isSilent: false }).then(() => {})
    return { isSilent: false, done }
  })
  const counted = await world.counted()
  expect([counted['accepted'], counted['replayed'], await world.remembered()], figures).toEqual([pushes, pushes, pushes])
  await expect.poll(() => world.questions() - asked, patient).toBeGreaterThan(0)
  expect(world.questions() - asked, figures).toBeLessThanOrEqual(pushes)
}

async function sendTwice(port: number, one: FuzzCase, figures: string): Promise<void> {
  expect([...(await send(port, one)), ...(await send(port, one))], figures).toEqual([202, 200])
}
