import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readClock, readInstants } from '../../controller/engine/hostClock.ts'
import { planOnce } from '../../controller/engine/reconcile.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

/** A host whose clock is ahead by `ahead`, whose answer took so long to come, and that worked so long before and after it read its clock. */
function reading(ahead: number, thereSeconds: number, backSeconds: number, before: number, after: number) {
  const sent = 1000
  const begin = 50
  const clockSeconds = sent + thereSeconds + before + ahead
  const instants = { clockSeconds, uptimeSeconds: { begin, clock: begin + before, end: begin + before + after } }
  return readClock(instants, sent, sent + thereSeconds + before + after + backSeconds)
}

describe('the clock of a host', () => {
  it.each([
    { name: 'a way as long there as back', ahead: 3, there: 0.1, back: 0.1, before: 0, after: 0 },
    { name: 'a host that worked for a minute', ahead: -3, there: 0.1, back: 0.1, before: 2, after: 58 },
    { name: 'a way that is all there', ahead: 0.5, there: 2, back: 0, before: 0, after: 1 },
    { name: 'a way that is all back', ahead: -86_400, there: 0, back: 2, before: 1, after: 0 },
  ])('is told within half of the way: $name', ({ ahead, there, back, before, after }) => {
    const read = reading(ahead, there, back, before, after)
    expect(read?.roundTripSeconds).toBeCloseTo(there + back, 6)
    expect(Math.abs((read?.offsetSeconds ?? Number.NaN) - ahead)).toBeLessThanOrEqual((read?.errorSeconds ?? 0) + 1e-6)
    expect(read?.errorSeconds).toBeCloseTo((there + back) / 2 + 0.02, 6)
  })

  it('is not told by a host that says to have worked for longer than we waited', () => {
    expect(reading(0, 0, -5, 1, 10)).toBeUndefined()
  })

  it.each([
    ['nothing', undefined, undefined],
    ['words', 'soon', '2.00'],
    ['a time that runs backwards', '9.00', '8.00'],
    ['a number that is none', '1e9', '2.00'],
  ])('is not told from %s', (_, begin, end) => {
    const frame = (stdout: string | undefined) => (stdout === undefined ? undefined : { name: '', exitCode: 0, stdout })
    const frames = new Map(
      Object.entries({ 'uptime-before': frame(begin), 'uptime-after': frame(end) }).flatMap(([name, one]) =>
        one ? [[name, one] as const] : [],
      ),
    )
    expect(readInstants(frames, { clockSeconds: 1, uptimeSeconds: 1.5 })).toBeUndefined()
  })
})

describe('a cycle', () => {
  let host: ShellHost
  beforeAll(async () => {
    host = await startShellHost()
  })
  afterAll(() => host?.close())

  it('measures a clock that is off by hours, in the round trip that it makes anyway', async () => {
    const deps = depsOf({ host, run: async () => '' })
    const cycle = await planOnce(desired([]), { ...deps, now: () => Date.now() / 1000 - 7200 })
    expect(cycle.roundTrips).toBe(1)
    const { offsetSeconds = 0, errorSeconds = 0 } = cycle.clock ?? {}
    expect(Math.abs(offsetSeconds - 7200)).toBeLessThanOrEqual(errorSeconds)
    expect(errorSeconds).toBeGreaterThan(0)
  })
})
