import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { sorts } from './changes.ts'
import { provenAtMs, type Running, startRunning } from './commit.ts'
import { plainSsh, timed } from './measure.ts'
import { type DayChange, dayTree } from './peers/day.ts'
import { figure, type Row } from './rows.ts'
import { median, quantile } from './statistics.ts'
import { localWay, pollWay, type Way, webhookWay } from './ways.ts'

export interface LatencyBench {
  /** By a webhook, and as many by a local repository. */
  readonly commits: number
  /** By polling. */
  readonly polls: number
}

/** One commit: milliseconds until the controller had observed the host to be as it says. */
interface Seen {
  readonly sort: string
  /** From the moment that `git push` had returned; may be before it where the repository is a local one. */
  readonly sincePushedMs: number
  /** From the moment that `git push` was typed. */
  readonly sincePushMs: number
  /** Whether the host itself says so, asked once and right after. */
  readonly isTrue: boolean
}

const pollSeconds = 5

/** From `git push` to a host that was observed to be as the commit says, by each way that the controller hears of one. */
export async function benchLatency({ commits, polls }: LatencyBench): Promise<readonly Row[]> {
  await using host = await startNativeHost({ name: 'bench1' })
  await host.must('systemctl enable --now postfix named nginx')
  const rows: Row[] = []
  rows.push(...(await ofWay(host, localWay(), commits, { p50: 1000, p99: 3000 })))
  rows.push(...(await ofWay(host, await webhookWay(), commits, { p50: 1000, p99: 3000 })))
  const latest = 1000 * pollSeconds + 3000
  rows.push(...(await ofWay(host, pollWay(pollSeconds), polls, { p50: null, p99: latest })))
  return rows
}

interface Bars {
  readonly p50: number | null
  readonly p99: number
}

async function ofWay(host: NativeHost, way: Way, commits: number, bars: Bars): Promise<readonly Row[]> {
  console.error(`bench: ${commits} commits by ${way.name}`)
  let wanted: DayChange = {}
  const write = async (folder: string): Promise<void> => {
    await mkdir(folder, { recursive: true })
    for (const [path, text] of dayTree(host, wanted)) await writeFile(join(folder, path), text)
  }
  await using running = await startRunning(host.identityFile, write, way.settings)
  const seen: Seen[] = []
  const floors = new Map<string, number[]>(sorts.map(({ name }) => [name, []]))
  for (let turn = 0; turn < commits; turn++) {
    const sort = sorts[turn % sorts.length] as (typeof sorts)[number]
    wanted = { ...wanted, ...sort.change(turn) }
    await write(running.repository.clone)
    // A commit falls into whatever the controller is doing; the steps of the golden ratio are spread evenly.
    await sleep(400 * ((turn * 0.618034) % 1))
    const one = await commitOnce(running, way)
    const isTrue = await plainSsh(host, sort.isThere(turn)).then(
      () => true,
      () => false,
    )
    seen.push({ ...one, sort: sort.name, isTrue })
    floors.get(sort.name)?.push(await timed(() => plainSsh(host, `set -e\n${sort.byHand}`)))
  }
  return rowsOf(way.name, seen, new Map([...floors].map(([name, times]) => [name, median(times)])), bars)
}

async function commitOnce(running: Running, way: Way): Promise<Pick<Seen, 'sincePushMs' | 'sincePushedMs'>> {
  const { repository } = running
  const commit = await repository.record('A change')
  const pushMs = Date.now()
  await repository.push()
  const pushedMs = Date.now()
  await way.announce(commit)
  const atMs = await provenAtMs(running, commit)
  return { sincePushMs: atMs - pushMs, sincePushedMs: atMs - pushedMs }
}

/** `floors`: what the daemons of each sort take by themselves, milliseconds. */
function rowsOf(way: string, seen: readonly Seen[], floors: ReadonlyMap<string, number>, bars: Bars): readonly Row[] {
  const floorOf = (sort: string): number => floors.get(sort) ?? Number.NaN
  const beyond = (all: readonly Seen[]) => all.map((one) => one.sincePushedMs - floorOf(one.sort))
  const floor = median([...floors.values()])
  const all = beyond(seen)
  return [
    figure(
      `commit → verified by ${way}: after \`git push\`, beyond the daemons' own time, p50 of ${seen.length}`,
      quantile(all, 0.5),
      'ms',
      bars.p50,
      floor,
    ),
    figure('… p99', quantile(all, 0.99), 'ms', bars.p99, floor),
    figure('… the longest', quantile(all, 1), 'ms', null, floor),
    figure(
      '… with `git push` itself and the daemons, p50',
      quantile(
        seen.map((one) => one.sincePushMs),
        0.5,
      ),
      'ms',
      null,
    ),
    figure('… of which the host itself says otherwise', seen.filter((one) => !one.isTrue).length, '', 0),
    ...[...floors].flatMap(([sort, own]) => {
      const times = beyond(seen.filter((one) => one.sort === sort))
      const name = `… ${sort}: p50 of ${times.length} (p99 ${Math.round(quantile(times, 0.99))} ms, the longest ${Math.round(quantile(times, 1))} ms)`
      return times.length === 0 ? [] : [figure(name, quantile(times, 0.5), 'ms', bars.p50, own)]
    }),
  ]
}
