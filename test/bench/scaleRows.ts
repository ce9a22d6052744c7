import { setTimeout as sleep } from 'node:timers/promises'
import { figure, type Row } from './rows.ts'
import { type Scale, startScale } from './scale.ts'
import { median, quantile } from './statistics.ts'

export interface ScaleBench {
  /** The largest fleet. */
  readonly hosts: number
  /** How long its resync is watched. */
  readonly minutes: number
}

const resources = 50

interface Seen {
  readonly hosts: number
  /** Of the controller, for one host and one cycle in which nothing changed. */
  readonly cpuMs: number
  readonly residentMiB: number
}

/** The real controller over simulated hypervisors: what one of them costs from ten to many, and what a commit takes meanwhile. */
export async function benchScale({ hosts, minutes }: ScaleBench): Promise<readonly Row[]> {
  const rows: Row[] = []
  const seen: Seen[] = []
  for (const size of [10, 100, hosts].filter((each, index, all) => each <= hosts && all.indexOf(each) === index)) {
    console.error(`bench: ${size} simulated hypervisors with ${resources} resources`)
    await using scale = await startScale({ hosts: size, resources, resync: '60s' })
    seen.push(await costOf(scale, size, 70))
    if (size === hosts) rows.push(...(await largest(scale, hosts, minutes)))
  }
  return [...seen.flatMap(costRows), slopeRow(seen), ...rows]
}

/** No commits, no scrapes: resync alone. */
async function costOf(scale: Scale, hosts: number, seconds: number): Promise<Seen> {
  await sleep(5000)
  const [cyclesBefore, before] = [await scale.cycles(), await scale.cpuSeconds()]
  await sleep(seconds * 1000)
  const [after, cyclesAfter] = [await scale.cpuSeconds(), await scale.cycles()]
  const cycles = cyclesAfter.noop - cyclesBefore.noop
  return { hosts, cpuMs: (1000 * (after - before)) / cycles, residentMiB: await scale.residentMiB() }
}

function costRows({ hosts, cpuMs, residentMiB }: Seen): readonly Row[] {
  const bars: Readonly<Record<number, number>> = { 1000: 512 }
  return [
    figure(`${hosts} hypervisors × ${resources} resources: processor time of the controller for a host and cycle`, cpuMs, 'ms', 20),
    figure('… resident memory of the controller', residentMiB, 'MiB', bars[hosts] ?? null),
  ]
}

/** By least squares: milliseconds that a host and cycle costs more with each hundred hosts. */
function slopeRow(seen: readonly Seen[]): Row {
  const mean = (of: (one: Seen) => number): number => seen.reduce((sum, one) => sum + of(one), 0) / seen.length
  const [x, y] = [mean(({ hosts }) => hosts), mean(({ cpuMs }) => cpuMs)]
  const over = seen.reduce((sum, { hosts, cpuMs }) => sum + (hosts - x) * (cpuMs - y), 0)
  const under = seen.reduce((sum, { hosts }) => sum + (hosts - x) ** 2, 0)
  return figure('… more for each hundred hypervisors (slope by least squares)', under === 0 ? 0 : (100 * over) / under, 'ms', 0.5)
}

async function largest(scale: Scale, hosts: number, minutes: number): Promise<readonly Row[]> {
  scale.resetLag()
  const cyclesBefore = await scale.cycles()
  const [started, cpuBefore] = [performance.now(), await scale.cpuSeconds()]
  const quiet = await commitsFor(
    scale,
    minutes * 60_000,
    scale.ways.map(({ name }) => name),
  )
  const tookMinutes = (performance.now() - started) / 60_000
  const [cycles, lag, cpu] = [await scale.cycles(), await scale.lag(), (await scale.cpuSeconds()) - cpuBefore]
  const perMinute = (cycles.noop + cycles.success - cyclesBefore.noop - cyclesBefore.success) / hosts / tookMinutes
  const residentMiB = await scale.residentMiB()
  const dark = scale.ways.filter((_, index) => index % 5 === 0).map(({ name }) => name)
  await scale.fleet.strike({ names: dark, faults: { isBlackHole: true } })
  const others = scale.ways.filter((_, index) => index % 5 !== 0).map(({ name }) => name)
  const darkened = await commitsFor(scale, minutes * 60_000, others)
  const what = `${hosts} hypervisors`
  return [
    figure(`${what}, for ${tookMinutes.toFixed(1)} min: cycles a host and minute, resync 60 s (at least 0.9)`, perMinute, '', null),
    figure('… cycles that failed', cycles.error - cyclesBefore.error, '', 0),
    figure('… processor time of the controller, of one core', (100 * cpu) / (tookMinutes * 60), '%', null),
    figure('… resident memory of the controller at the end', residentMiB, 'MiB', 512),
    figure('… event loop late, p99', lag.p99Ms, 'ms', 50),
    figure(`… commit → verified on its one host, median of ${quiet.length}`, median(quiet), 'ms', null),
    figure('… commit → verified on its one host, p99', quantile(quiet, 0.99), 'ms', 3000),
    figure(
      `… a fifth of the hosts in a black hole: p99 of the others, ${darkened.length} commits`,
      quantile(darkened, 0.99),
      'ms',
      Math.round(1.05 * quantile(quiet, 0.99)),
    ),
    figure('… … median of the others', median(darkened), 'ms', null),
  ]
}

/** Commits for one host after the other, spread over the fleet. Milliseconds until each was verified. */
async function commitsFor(scale: Scale, ms: number, names: readonly string[]): Promise<readonly number[]> {
  const end = performance.now() + ms
  const times: number[] = []
  for (let turn = 0; performance.now() < end; turn++) {
    const name = names[(turn * 7919) % names.length] ?? ''
    times.push(...(await scale.commit([name])).values())
    await sleep(500)
  }
  return times
}
