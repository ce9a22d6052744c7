import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StatusView } from '../../controller/model/status.ts'

/** A real `reeve run` in a process of its own. */
export interface ControllerProcess extends AsyncDisposable {
  readonly pid: number
  readonly stateDir: string
  status(): Promise<StatusView | undefined>
  /** Text of /metrics. */
  metrics(): Promise<string>
  /** Asks for a cycle now. */
  kick(): Promise<void>
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>
}

const root = join(import.meta.dirname, '../..')

export interface StartOptions {
  /** Command and arguments that it is run by. */
  readonly wrap?: readonly string[]
  /** Where its state directory is seen from here. Default there. */
  readonly seenAt?: string
}

/** Starts the controller; its log goes beside its state directory. Resolves when it answers. */
export async function startController(
  configFile: string,
  stateDir: string,
  { wrap = [], seenAt = stateDir }: StartOptions = {},
): Promise<ControllerProcess> {
  const [command = '', ...args] = [...wrap, join(root, 'bin/reeve'), 'run', '--config', configFile]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const log = createWriteStream(`${stateDir}.log`, { flags: 'a' })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  const socket = join(seenAt, 'reeve.sock')
  const controller = handleOf(child, stateDir, socket)
  for (const endMs = performance.now() + 180_000; ; await sleep(100)) {
    if (existsSync(socket) && (await controller.status())) return controller
    if (child.exitCode === null && performance.now() < endMs) continue
    child.kill('SIGKILL')
    throw new Error(`the controller did not start; see ${stateDir}.log`)
  }
}

function handleOf(child: ChildProcess, stateDir: string, socket: string): ControllerProcess {
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return {
    pid: child.pid ?? 0,
    stateDir,
    async status() {
      const text = await ask(socket, 'GET', '/api/v1/status').catch(() => undefined)
      return text === undefined ? undefined : (JSON.parse(text) as StatusView)
    },
    metrics: () => ask(socket, 'GET', '/metrics'),
    async kick() {
      await ask(socket, 'POST', '/api/v1/reconcile')
    },
    kill: () => end('SIGKILL'),
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  }
}

function ask(socketPath: string, method: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, timeout: 10_000 }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.once('end', () => resolve(text))
      answer.once('error', reject)
    })
    asked.once('error', reject)
    asked.once('timeout', () => asked.destroy(new Error(`${path}: no answer within 10 s`)))
    asked.end()
  })
}
