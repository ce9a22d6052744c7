import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stringify } from 'yaml'
import { killNow } from '../process.ts'

/** A line of the controller's log. */
export interface LogRecord {
  readonly level: string
  readonly time: string
  readonly msg: string
  readonly component?: string
  readonly [key: string]: unknown
}

/** The real controller as a process of its own. Disposing ends it: first kindly, then not. */
export interface ControllerProcess extends AsyncDisposable {
  readonly pid: number
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly configFile: string
  readonly logFile: string
  /** Rejects when the process ends before it was asked to. */
  readonly ended: Promise<never>
}

export interface ControllerSettings {
  readonly folder: string
  readonly repositoryUrl: string
  readonly identityFile: string
  readonly smtpPort: number
  readonly resync: string
  /** More fields of reeve.yaml. */
  readonly more?: Readonly<Record<string, unknown>>
  /** Variables that it has beside our own. */
  readonly environment?: Readonly<Record<string, string>>
  onRecord(record: LogRecord): void
}

const root = join(import.meta.dirname, '../../..')
const stopLimitMs = 10_000

/** Writes reeve.yaml and starts `bin/reeve run` with it. */
export async function startController(settings: ControllerSettings): Promise<ControllerProcess> {
  const port = await freePort()
  const configFile = join(settings.folder, 'reeve.yaml')
  const logFile = join(settings.folder, 'controller.log')
  await writeFile(configFile, configText(settings, port))
  // A session of its own: Ctrl-C on the terminal is for us, who end it in order. Killed ourselves, the kernel ends it.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'sh', join(root, 'bin/reeve'), 'run', '--config', configFile], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...settings.environment },
  })
  const { pid } = child
  if (pid === undefined) throw new Error('the controller cannot be started: setpriv (util-linux) is missing')
  const log = createWriteStream(logFile)
  child.stdout.pipe(log)
  const said: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => settings.onRecord(recordOf(line)))
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line))
  const closed = once(child, 'close')
  let isStopping = false
  const ended = new Promise<never>((_resolve, reject) => {
    closed.then(([code]) => {
      if (!isStopping) reject(new Error(`the controller ended with ${code} by itself: ${said.slice(-5).join(' / ') || 'it said nothing'}`))
    }, reject)
  })
  ended.catch(() => {})
  const killHard = () => killNow(pid)
  process.once('exit', killHard)
  return {
    pid,
    url: `http://127.0.0.1:${port}`,
    configFile,
    logFile,
    ended,
    async [Symbol.asyncDispose]() {
      isStopping = true
      child.kill('SIGTERM')
      const timer = setTimeout(killHard, stopLimitMs)
      await closed
      clearTimeout(timer)
      process.off('exit', killHard)
    },
  }
}

function configText({ folder, repositoryUrl, identityFile, smtpPort, resync, more }: ControllerSettings, port: number): string {
  return stringify({
    fleet: 'demo',
    repository: { url: repositoryUrl, branch: 'main' },
    identities: { default: { privateKeyFile: identityFile } },
    resync,
    listen: { address: '127.0.0.1', port },
    stateDir: join(folder, 'state'),
    mail: { smarthost: { host: '127.0.0.1', port: smtpPort }, from: 'reeve@example.org', to: ['ops@example.org'] },
    // Nobody wants to wait for a mail of a demonstration.
    alerts: { groupWait: '1s', groupInterval: '1s' },
    ...more,
  })
}

function recordOf(line: string): LogRecord {
  try {
    return JSON.parse(line) as LogRecord
  } catch {
    return { level: 'warn', time: '', msg: line }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return port
}
