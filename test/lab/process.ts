import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** What a finished program left behind. `code` is null where a signal or the time limit ended it. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly stdin?: string
  readonly timeoutMs?: number
  readonly environment?: Readonly<Record<string, string>>
  /** Called with every line of stderr as it comes. */
  readonly onLine?: (line: string) => void
}

/** What `run` has running now. Who ends this process ends them too: a build of minutes must not go on without us. */
const running = new Set<ChildProcessWithoutNullStreams>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM')
})

/** Runs a program to its end. Rejects only where it cannot be started; a failing program is an outcome. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...options.environment } })
  running.add(child)
  const texts = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text))
  if (options.onLine) createInterface({ input: child.stderr }).on('line', options.onLine)
  // A program that ends without reading its stdin must not end us with EPIPE.
  child.stdin.on('error', () => {})
  child.stdin.end(options.stdin ?? '')
  const timer = options.timeoutMs === undefined ? undefined : setTimeout(() => abandon(child), options.timeoutMs)
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${command} cannot be started: ${cause.message}`, { cause })))
    child.once('close', (code) => resolve({ code, ...texts }))
  }).finally(() => {
    clearTimeout(timer)
    running.delete(child)
  }) as Promise<Outcome>
}

// A shared ssh connection lives in another process, which holds our pipes too: the end of ours would not close them.
function abandon(child: ChildProcessWithoutNullStreams): void {
  child.kill('SIGKILL')
  child.stdout.destroy()
  child.stderr.destroy()
}

/** Like `run`, but a failing program throws an error that carries the end of what it said. */
export async function runOrThrow(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const outcome = await run(command, args, options)
  if (outcome.code === 0) return outcome.stdout
  const said = `${outcome.stdout}\n${outcome.stderr}`.trim().split('\n').slice(-8).join('\n')
  throw new Error(`${command} ended with ${outcome.code ?? 'a signal or its time limit'}: ${said}`)
}

/** Whether a program of this process id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Ends one process by its id at once, as a power cut would. One that is gone already is no error. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause
  }
}
