import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runOrThrow } from '../lab/process.ts'
import type { Alone } from './alone-main.ts'
import { figure, type Row } from './rows.ts'
import { startScale } from './scale.ts'

/** The controller without much of a fleet: what it costs to read many manifests, a commit of one file, and how much memory it holds. */
export async function benchAlone(): Promise<readonly Row[]> {
  return [...(await readingRows()), ...(await memoryRows(20, 200)), ...(await memoryRows(200, 350))]
}

/** Those of V8 that bin/reeve gives the controller. */
function flagsOfReeve(): readonly string[] {
  const script = readFileSync(join(import.meta.dirname, '../../bin/reeve'), 'utf8')
  const [, flags] = /bin\/node" (--.*) "\$here\/controller/.exec(script) ?? []
  if (flags === undefined) throw new Error('bin/reeve does not say any more which flags it starts Node with')
  return flags.split(' ')
}

/** Without any host. */
async function readingRows(): Promise<readonly Row[]> {
  const flags = flagsOfReeve()
  const rows: Row[] = []
  for (const [count, cold] of [
    [1000, null],
    [10_000, 5000],
  ] as const) {
    console.error(`bench: the controller alone, ${count} manifests`)
    const { coldMs, coldTookMs, oneFileMs, coldLateMs, oneFileLateMs, residentMiB } = JSON.parse(
      await runOrThrow(process.execPath, [...flags, join(import.meta.dirname, 'alone-main.ts'), String(count)]),
    ) as Alone
    rows.push(
      figure(`${count} manifests read, validated and compiled`, coldTookMs, 'ms', cold),
      figure('… processor time of all threads', coldMs, 'ms', null),
      figure('… the event loop late at most meanwhile', coldLateMs, 'ms', 50),
      figure('… one changed file → new desired states (processor time)', oneFileMs, 'ms', 100),
      figure('… the event loop late at most meanwhile, in ten commits', oneFileLateMs, 'ms', 50),
      figure('… resident memory of the process', residentMiB, 'MiB', null),
    )
  }
  return rows
}

const resources = 50
/** Longer than a resync: every host was looked at again. */
const watchedMs = 70_000

/** The real controller with open connections to simulated hypervisors, after a commit, a resync and scrapes. */
async function memoryRows(hosts: number, bar: number): Promise<readonly Row[]> {
  console.error(`bench: resident memory, ${hosts} simulated hypervisors with ${resources} resources`)
  await using scale = await startScale({ hosts, resources, resync: '60s' })
  scale.resetLag()
  await scale.commit(scale.ways.slice(0, 1).map(({ name }) => name))
  for (const until = performance.now() + watchedMs; performance.now() < until; await sleep(10_000)) await scale.cycles()
  const { p99Ms } = await scale.lag()
  return [
    figure(
      `${hosts * resources} resources (${hosts} hypervisors × ${resources}): resident memory of the controller`,
      await scale.residentMiB(),
      'MiB',
      bar,
    ),
    figure('… event loop late, p99, with resync, a commit and scrapes', p99Ms, 'ms', 50),
  ]
}
