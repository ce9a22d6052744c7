import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { sorts } from './changes.ts'
import { provenAtMs, type Running, startRunning } from './commit.ts'
import { type Bars, latencyRows, type Seen } from './latencyRows.ts'
import { plainSsh, timed } from './measure.ts'
import { type DayChange, dayTree } from './peers/day.ts'
import { cpuSecondsOf } from './processor.ts'
import { figure, type Row } from './rows.ts'
import { median } from './statistics.ts'
import { localWay, pollWay, type Way, webhookWay } from './ways.ts'

export interface LatencyBench {
  /** By a webhook, and as many by a local repository. */
  readonly commits: number
  /** By polling. */
  readonly polls: number
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

async function ofWay(host: NativeHost, way: Way, commits: number, bars: Bars): Promise<readonly Row[]> {
  console.error(`bench: ${commits} commits by ${way.name}`)
  let wanted: DayChange = {}
  const write = async (folder: string): Promise<void> => {
    await mkdir(folder, { recursive: true })
    for (const [path, text] of dayTree(host, wanted)) await writeFile(join(folder, path), text)
  }
  await using running = await startRunning(host.identityFile, write, way.settings)
  const seen: Seen[] = []
  const cpu = () => cpuSecondsOf(running.controller.pid, { withChildren: true })
  const cpuBefore = await cpu()
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
  const cpuMs = (1000 * ((await cpu()) - cpuBefore)) / commits
  const medians = new Map([...floors].flatMap(([name, times]) => (times.length === 0 ? [] : [[name, median(times)] as const])))
  return [
    ...latencyRows(way.name, seen, medians, bars),
    figure('… processor time of the controller and its git for a commit', cpuMs, 'ms', null),
  ]
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
