import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { type Change, itemsOf, manifestsOf, type Size, sizes } from './fleet.ts'
import { type BenchHost, openBenchHost } from './host.ts'
import { measureNoop, writesOf } from './measure.ts'
import { forksAllowed, nativeTools } from './tools.ts'

let host: NativeHost
let reeve: BenchHost

beforeAll(async () => {
  host = await startNativeHost({ name: 'counts1' })
  reeve = openBenchHost(host)
}, 300_000)
afterAll(async () => {
  await reeve?.[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
})

test.each([10, 100, 1000] as const)(
  'a look at %i managed items is one round trip, writes nothing, and starts few processes',
  async (count) => {
    const size: Size = sizes[count]
    expect(itemsOf(size)).toBe(count)
    await reeve.want(manifestsOf(host, size))
    await reeve.converge()
    const { roundTrips, forks } = await measureNoop(host, reeve, 5)
    expect(roundTrips).toBe(1)
    expect(forks).toBeLessThanOrEqual(forksAllowed(nativeTools))
    expect(await writesOf(host, reeve)).toEqual([])
  },
)

const changes: readonly { readonly name: string; readonly change: Change; readonly roundTrips: number }[] = [
  { name: 'a file', change: { file: 'second' }, roundTrips: 2 },
  { name: 'a vhost, which must prove itself', change: { answer: 'second' }, roundTrips: 3 },
  { name: 'a rule of the firewall, which must be confirmed', change: { port: 9443 }, roundTrips: 3 },
]

test.each(changes)('a change of $name takes $roundTrips round trips', async ({ change, roundTrips }) => {
  await reeve.want(manifestsOf(host, sizes[1000]))
  await reeve.converge()
  await reeve.want(manifestsOf(host, sizes[1000], change))
  const cycle = await reeve.cycle()
  expect(cycle).toMatchObject({ status: 'converged', roundTrips })
  expect((await reeve.cycle()).status).toBe('noop')
})
