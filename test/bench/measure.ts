import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../lab/process.ts'
import { type SshTarget, sshArgs } from '../lab/ssh-client.ts'
import type { BenchHost } from './host.ts'
import { median } from './statistics.ts'

/** One look by hand, see floor.sh. */
export const floorScript = readFileSync(join(import.meta.dirname, 'floor.sh'), 'utf8')

/** Milliseconds that it took. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await act()
  return performance.now() - startMs
}

/** Runs a script on a host over the warm connection of plain ssh(1). */
export async function plainSsh(host: SshTarget, script: string): Promise<void> {
  const { code, stderr } = await run('ssh', [...sshArgs(host), 'sh -s'], { stdin: script })
  if (code !== 0) throw new Error(`the script by hand ended with ${code}: ${stderr}`)
}

export interface Noop {
  readonly cycleMs: number
  readonly floorMs: number
  readonly forks: number
  readonly floorForks: number
  readonly roundTrips: number
}

/**
 * Cycles in which nothing changes and the floor, in turns, so that both meet the same load. Times are medians. Of the processes that the host started
 * the least of all runs counts: it has life of its own.
 */
export async function measureNoop(host: SshTarget, reeve: BenchHost, runs: number): Promise<Noop> {
  const seen: Noop[] = []
  for (let turn = -2; turn < runs; turn++) {
    const [tripsBefore, pidBefore] = [reeve.roundTrips(), await reeve.lastPid()]
    const cycleMs = await timed(() => mustBeNoop(reeve))
    const roundTrips = reeve.roundTrips() - tripsBefore - 1
    const pidBetween = await reeve.lastPid()
    const floorMs = await timed(() => plainSsh(host, floorScript))
    const floorForks = (await reeve.lastPid()) - pidBetween
    if (turn >= 0) seen.push({ cycleMs, floorMs, forks: pidBetween - pidBefore, floorForks, roundTrips })
  }
  const least = (values: readonly number[]) => Math.min(...values.filter((value) => value > 0))
  return {
    cycleMs: median(seen.map((one) => one.cycleMs)),
    floorMs: median(seen.map((one) => one.floorMs)),
    forks: least(seen.map((one) => one.forks)),
    floorForks: least(seen.map((one) => one.floorForks)),
    roundTrips: Math.max(...seen.map((one) => one.roundTrips)),
  }
}

async function mustBeNoop(reeve: BenchHost): Promise<void> {
  const { status, message } = await reeve.cycle()
  if (status !== 'noop') throw new Error(`a cycle that should change nothing ended as ${status}: ${message}`)
}

/** Files outside /run that changed while cycles without a change ran, and did not while the host was left alone. */
export async function writesOf(host: { must(command: string): Promise<string> }, reeve: BenchHost): Promise<readonly string[]> {
  const changed =
    'find / -xdev \\( -path /run -o -path /proc -o -path /sys -o -path /tmp \\) -prune -o -cnewer /run/reeve-bench-stamp -print'
  const during = async (act: () => Promise<unknown>) => {
    await host.must('touch /run/reeve-bench-stamp; sleep 0.1')
    await act()
    return (await host.must(changed)).split('\n').filter((line) => line !== '')
  }
  const alone = new Set(await during(() => Promise.resolve()))
  const busy = await during(async () => {
    for (let turn = 0; turn < 3; turn++) await mustBeNoop(reeve)
  })
  return busy.filter((path) => !alone.has(path))
}
