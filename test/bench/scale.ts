import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RemoteFleet, startRemoteFleet } from '../fleet/client.ts'
import type { Way } from '../fleet/fleet.ts'
import { manifestOf } from '../fleet/manifests.ts'
import { type ControllerProcess, type LogRecord, startController } from '../lab/demo/controller.ts'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import { ensureKey } from '../lab/keys.ts'
import { startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { residentMiB, until } from './commit.ts'
import { cpuSecondsOf } from './processor.ts'

/** The real controller over a simulated fleet, each a process of its own. */
export interface Scale extends AsyncDisposable {
  readonly fleet: RemoteFleet
  readonly ways: readonly Way[]
  readonly controller: ControllerProcess
  readonly records: readonly LogRecord[]
  /** Commits another word for these hosts, and waits until it is verified on each. Milliseconds from the moment that the branch moved, by host. */
  commit(names: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** The newest one; empty while it is being made. */
  lastCommit(): string
  /** Of the controller. */
  cpuSeconds(): Promise<number>
  residentMiB(): Promise<number>
  /** From now on it is counted how late the event loop is. */
  resetLag(): void
  lag(): Promise<{ readonly p99Ms: number; readonly mostMs: number }>
  /** Cycles that ended so far without anything to do, and those that failed. */
  cycles(): Promise<{ readonly noop: number; readonly error: number; readonly success: number }>
}

export interface ScaleOptions {
  readonly hosts: number
  /** Managed things on each. */
  readonly resources: number
  /** As reeve.yaml has it. */
  readonly resync?: string
  /** More fields of reeve.yaml. */
  readonly more?: Readonly<Record<string, unknown>>
  /** More options of Node for the controller. */
  readonly nodeOptions?: string
}

/** Starts both, and waits until all hosts are as Git says. */
export async function startScale({ hosts, resources, resync = '60s', more, nodeOptions = '' }: ScaleOptions): Promise<Scale> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'reeve-scale-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const fleet = stack.use(await startRemoteFleet(hosts))
  const ways = await fleet.ways()
  const repository = await createRepository(folder)
  const fill = async (way: Way, word: string) => writeFile(join(repository.clone, way.name, 'host.yaml'), manifestOf(way, resources, word))
  for (const way of ways) {
    await mkdir(join(repository.clone, way.name), { recursive: true })
    await fill(way, 'first')
  }
  const first = await repository.commit('The fleet')
  const mails = stack.use(await startSmtpCatcher({ onMail: () => {} }))
  const records: LogRecord[] = []
  const lagFile = join(folder, 'lag.json')
  const controller = stack.use(
    await startController({
      folder,
      repositoryUrl: repository.url,
      identityFile: (await ensureKey('controller')).privateFile,
      smtpPort: mails.port,
      resync,
      ...(more ? { more } : {}),
      environment: {
        REEVE_LAG_FILE: lagFile,
        NODE_OPTIONS: `--import ${join(import.meta.dirname, 'lag.ts')} ${nodeOptions}`,
      },
      onRecord: (record) => void records.push(record),
    }),
  )
  await Promise.race([
    proven(
      records,
      0,
      first,
      ways.map(({ name }) => name),
    ),
    controller.ended,
  ])
  const wayOf = new Map(ways.map((way) => [way.name, way]))
  let word = 0
  let last = first
  return {
    fleet,
    ways,
    controller,
    records,
    async commit(names) {
      word++
      for (const name of names) await fill(wayOf.get(name) as Way, `commit ${word}`)
      last = ''
      return Promise.race([commitAndTime(repository, records, names, (hash) => (last = hash)), controller.ended])
    },
    lastCommit: () => last,
    cpuSeconds: () => cpuSecondsOf(controller.pid),
    residentMiB: () => residentMiB(controller.pid),
    resetLag: () => void process.kill(controller.pid, 'SIGUSR2'),
    lag: async () => JSON.parse(await readFile(lagFile, 'utf8')) as { p99Ms: number; mostMs: number },
    cycles: () => cyclesOf(controller.url),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function commitAndTime(
  { commit, bare }: Repository,
  records: readonly LogRecord[],
  names: readonly string[],
  made: (hash: string) => void,
) {
  const from = records.length
  const hash = await commit('A change')
  made(hash)
  const { mtimeMs } = await stat(join(bare, 'refs/heads/main'))
  const times = await proven(records, from, hash, names)
  return new Map([...times].map(([name, atMs]) => [name, atMs - mtimeMs]))
}

/** When each of these was verified to be as this commit says, milliseconds since the epoch, by the controller's log. */
async function proven(records: readonly LogRecord[], from: number, commit: string, names: readonly string[]) {
  const times = new Map<string, number>()
  const wanted = new Set(names)
  let at = from
  const isThere = async (): Promise<boolean> => {
    for (; at < records.length; at++) {
      const { hypervisor, status, commit: of, time } = records[at] as LogRecord
      if (of === commit && status === 'converged' && wanted.has(String(hypervisor))) times.set(String(hypervisor), Date.parse(time))
    }
    return times.size === wanted.size
  }
  await until(isThere, () => `${wanted.size - times.size} of ${wanted.size} hosts are not as commit ${commit.slice(0, 12)} says`)
  return times
}

async function cyclesOf(url: string): Promise<{ readonly noop: number; readonly error: number; readonly success: number }> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const sum = (result: string): number =>
    [...text.matchAll(new RegExp(`^reeve_reconcile_total\\{.*result="${result}".*\\} (\\d+)`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    )
  return { noop: sum('noop'), error: sum('error'), success: sum('success') }
}
