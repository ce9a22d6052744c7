import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../../controller/http/client.ts'
import { createApi, missingOf } from '../lab/demo/api.ts'
import { type ControllerProcess, type LogRecord, startController } from '../lab/demo/controller.ts'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import { startSmtpCatcher } from '../lab/smtp-catcher.ts'

/** The real controller as its own process, and the repository that it follows. */
export interface Running extends AsyncDisposable {
  readonly repository: Repository
  readonly controller: ControllerProcess
  readonly records: readonly LogRecord[]
  /** Seconds that the controller waited for answers of hosts so far. */
  waitedSeconds(): Promise<number>
  /** Has the fleet looked at once more, as `reeve reconcile` does, and waits until nothing was to do. */
  goRound(): Promise<void>
}

const limitMs = 400_000

/** More fields of reeve.yaml for a repository that was just made in this folder, and what must live as long as the controller. */
export type Settings = (repository: Repository, folder: string, stack: AsyncDisposableStack) => Promise<Readonly<Record<string, unknown>>>

/** Commits what `fill` puts into a clone, starts `bin/reeve run`, and waits until all of it is so. */
export async function startRunning(
  identityFile: string,
  fill: (folder: string) => Promise<void>,
  settle: Settings = () => Promise.resolve({}),
): Promise<Running> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'reeve-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const repository = await createRepository(folder)
  await fill(repository.clone)
  const commit = await repository.commit('The fleet')
  const mails = stack.use(await startSmtpCatcher({ onMail: () => {} }))
  const records: LogRecord[] = []
  const onRecord = (record: LogRecord) => void records.push(record)
  const more = await settle(repository, folder, stack)
  const settings = { folder, repositoryUrl: repository.url, identityFile, smtpPort: mails.port, resync: '60s', onRecord, more }
  const controller = stack.use(await startController(settings))
  const api = createApi(controller.url)
  let missing: string | undefined = 'no answer yet'
  const isThere = async () => {
    const before = missing
    missing = await api.status().then((status) => missingOf(status, commit), String)
    if (missing !== before && missing !== undefined) console.error(`bench: waiting: ${missing.slice(0, 200)}`)
    return missing === undefined
  }
  await Promise.race([until(isThere, () => `the fleet does not converge: ${missing}`), controller.ended])
  const client = createClient(join(folder, 'state/reeve.sock'))
  const noops = () => api.metric('reeve_reconcile_total', { result: 'noop' })
  const goRound = async () => {
    const before = await noops()
    await client.reconcile(undefined)
    await until(
      async () => (await noops()) > before,
      () => 'the controller does not go round',
    )
  }
  const waitedSeconds = () => api.metric('reeve_ssh_wait_seconds_total', {})
  return { repository, controller, records, waitedSeconds, goRound, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Commits what lies in the clone. Milliseconds from the moment that the branch moved until the controller had proven it on the host. */
export async function commitAndProve({ repository, controller, records }: Running): Promise<number> {
  const commit = await repository.commit('A change')
  const { mtimeMs } = await stat(join(repository.bare, 'refs/heads/main'))
  return (await provenAtMs({ controller, records }, commit)) - mtimeMs
}

/** When the controller had observed the host to be as this commit says, milliseconds since the epoch, by its log; waits for it. */
export async function provenAtMs({ controller, records }: Pick<Running, 'controller' | 'records'>, commit: string): Promise<number> {
  const proof = () => records.findLast((record) => record['commit'] === commit && record['status'] === 'converged')
  const proven = until(
    async () => proof() !== undefined,
    () => `commit ${commit} was not proven`,
  )
  await Promise.race([proven, controller.ended])
  return Date.parse(proof()?.time ?? '')
}

/** Resident memory of a process in MiB (VmRSS of proc(5)). */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024
}

export async function until(isTrue: () => Promise<boolean>, message: () => string): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(message())
    await sleep(20)
  }
}
