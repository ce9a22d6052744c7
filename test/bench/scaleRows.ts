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
  /** Cycles in which nothing changed, and the processor time of the controller meanwhile. */
  readonly cycles: number
  readonly cpuMs: number
  readonly seconds: number
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
  return [...seen.flatMap(costRows), ...eachMoreRows(seen), ...rows]
}

/** No commits, no scrapes: resync alone. */
async function costOf(scale: Scale, hosts: number, seconds: number): Promise<Seen> {
  await sleep(5000)
  const [cyclesBefore, before] = [await scale.cycles(), await scale.cpuSeconds()]
  await sleep(seconds * 1000)
  const [after, cyclesAfter] = [await scale.cpuSeconds(), await scale.cycles()]
  return {
    hosts,
    cycles: cyclesAfter.noop - cyclesBefore.noop,
    cpuMs: 1000 * (after - before),
    seconds,
    residentMiB: await scale.residentMiB(),
  }
}

function costRows({ hosts, cpuMs, cycles, residentMiB }: Seen): readonly Row[] {
  const isJudged = hosts === 1000
  return [
    figure(
      `${hosts} hypervisors × ${resources} resources: processor time of the controller for a host and cycle, with all that it does besides`,
      cpuMs / cycles,
      'ms',
      isJudged ? 20 : null,
    ),
    figure('… resident memory of the controller', residentMiB, 'MiB', isJudged ? 512 : null),
  ]
}

/** What a cycle more costs between two sizes: flat, where it does not grow with them. What the controller needs without any host falls out of it. */
function eachMoreRows(seen: readonly Seen[]): readonly Row[] {
  return seen.slice(1).map((more, index) => {
    const less = seen[index] as Seen
    const [perSecond, cycles] = [
      more.cpuMs / more.seconds - less.cpuMs / less.seconds,
      more.cycles / more.seconds - less.cycles / less.seconds,
    ]
    return figure(`… from ${less.hosts} to ${more.hosts} hypervisors: each host and cycle more (the slope)`, perSecond / cycles, 'ms', 20)
  })
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
  await scale.fleet.reset({ names: dark })
  await sleep(minutes * 6000)
  const litAgain = await commitsFor(scale, minutes * 30_000, others)
  const lit = [...quiet, ...litAgain]
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
      Math.round(1.05 * quantile(lit, 0.99)),
    ),
    figure('… … median of the others', median(darkened), 'ms', Math.round(1.05 * median(lit))),
    figure(`… … before and after, ${lit.length} commits: p99`, quantile(lit, 0.99), 'ms', null),
    figure('… … … median', median(lit), 'ms', null),
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
