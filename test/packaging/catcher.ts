import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Machine } from '../machine/machine.ts'

export interface Caught {
  readonly subject: string
  readonly body: string
}

export interface Catcher extends Disposable {
  readonly port: number
  /** Oldest first; grows. */
  readonly mails: readonly Caught[]
}

/** A mail server in a machine's network, as a process that ends with its input. */
export function startCatcher({ pid }: Machine): Promise<Catcher> {
  const words = ['-t', String(pid), '-n', process.execPath, '--disable-warning=ExperimentalWarning']
  const child = spawn('nsenter', [...words, join(import.meta.dirname, 'catcher-main.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const mails: Caught[] = []
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    lines.once('line', (port) => {
      lines.on('line', (line) => mails.push(JSON.parse(line) as Caught))
      resolve({ port: Number(port), mails, [Symbol.dispose]: () => void child.kill('SIGKILL') })
    })
  })
}
