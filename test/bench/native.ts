import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { commitAndProve, type Running, startRunning } from './commit.ts'
import { type Change, manifestsOf, sizes } from './fleet.ts'
import { openBenchHost } from './host.ts'
import { measureNoop, plainSsh, timed, writesOf } from './measure.ts'
import { figure, type Row, timeByFloor } from './rows.ts'
import { median } from './statistics.ts'
import { forksAllowed, nativeTools } from './tools.ts'

/** All that needs no device-mapper, on a host at native speed. */
export async function benchNative(runs: number): Promise<readonly Row[]> {
  await using host = await startNativeHost({ name: 'bench1' })
  const looks = await looksOf(host, runs)
  await host.reset()
  return [...looks, ...(await commitsOf(host, Math.max(3, Math.round(runs / 4))))]
}

async function looksOf(host: NativeHost, runs: number): Promise<readonly Row[]> {
  const rows: Row[] = []
  await using reeve = openBenchHost(host)
  for (const count of [10, 100, 1000] as const) {
    console.error(`bench: native, ${count} items`)
    await reeve.want(manifestsOf(host, sizes[count]))
    await reeve.converge()
    const { cycleMs, floorMs, forks, floorForks, roundTrips } = await measureNoop(host, reeve, runs)
    rows.push(
      timeByFloor(`cycle without a change, ${count} items, native`, cycleMs, floorMs, count === 100 ? 1.3 : null),
      figure(`… processes on the host, ${nativeTools.length} tools`, forks, '', forksAllowed(nativeTools), floorForks),
    )
    if (count !== 100) continue
    const writes = await writesOf(host, reeve)
    rows.push(figure('… round trips', roundTrips, '', 1), figure('… files written outside /run', writes.length, '', 0))
    for (const [name, change, bar] of changes) {
      await reeve.want(manifestsOf(host, sizes[100]))
      await reeve.converge()
      await reeve.want(manifestsOf(host, sizes[100], change))
      rows.push(figure(`change of ${name}: round trips`, (await reeve.cycle()).roundTrips, '', bar))
    }
  }
  return rows
}

const changes: readonly (readonly [name: string, change: Change, bar: number])[] = [
  ['a file', { file: 'second' }, 2],
  ['a vhost (proves itself)', { answer: 'second' }, 3],
  ['a firewall rule (is confirmed)', { port: 9443 }, 3],
]

const nameOf: Readonly<Record<keyof Change, string>> = { file: 'file', answer: 'vhost', port: 'firewall rule' }

/** The least that a person would run on the host for the same change. */
const commandOf: Readonly<Record<keyof Change, string>> = {
  file: 'cp -p /etc/reeve-bench/0.conf /etc/reeve-bench/.0.new && sync /etc/reeve-bench/.0.new && mv /etc/reeve-bench/.0.new /run/',
  answer: 'nginx -t && systemctl reload nginx',
  port: 'nft list table inet reeve >/run/bench.nft && nft -c -f /run/bench.nft',
}

async function commitsOf(host: NativeHost, runs: number): Promise<readonly Row[]> {
  const write = async (folder: string, change: Change) => {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'fleet.yaml'), manifestsOf(host, sizes[100], change))
  }
  console.error('bench: native, the controller converges')
  await using running = await startRunning(host.identityFile, (folder) => write(folder, {}))
  const rows: Row[] = []
  console.error('bench: native, commits')
  for (const sort of ['file', 'answer', 'port'] as const) {
    const fill = (turn: number) => write(running.repository.clone, { [sort]: sort === 'port' ? 10_000 + turn : `commit ${turn}` })
    rows.push(await commitRow(`commit of a ${nameOf[sort]} → proven, native`, running, runs, fill, () => plainSsh(host, commandOf[sort])))
  }
  return rows
}

/** What lies between a commit and its proof, beyond the host's own commands; these are timed in turns with it. */
export async function commitRow(
  name: string,
  running: Running,
  runs: number,
  fill: (turn: number) => Promise<void>,
  byHand: () => Promise<void>,
): Promise<Row> {
  const [proven, own]: [number[], number[]] = [[], []]
  for (let turn = 0; turn < runs; turn++) {
    await fill(turn)
    proven.push(await commitAndProve(running))
    own.push(await timed(byHand))
  }
  const beyond = median(proven) - median(own)
  return figure(`${name}, beyond the host's own commands`, beyond, 'ms', 1000, median(own))
}
