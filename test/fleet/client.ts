import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Questions } from './control.ts'

type Remote = {
  readonly [Name in keyof Questions]: (...asked: Parameters<Questions[Name]>) => Promise<Awaited<ReturnType<Questions[Name]>>>
}

/** A fleet in a process of its own. Disposing ends it. */
export interface RemoteFleet extends Remote, AsyncDisposable {
  readonly pid: number
}

/** Starts it, and resolves once its hosts can be reached. */
export async function startRemoteFleet(count: number, prefix = 'sim'): Promise<RemoteFleet> {
  const words = [join(import.meta.dirname, 'main.ts'), '--count', String(count), '--prefix', prefix]
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the simulated fleet ended with ${code}`)
  })
  ended.catch(() => {})
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
  const { port } = JSON.parse(line) as { readonly port: number }
  async function ask(name: string, asked: unknown = {}): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${port}/${name}`, { method: 'POST', body: JSON.stringify(asked) })
    const text = await response.text()
    if (!response.ok) throw new Error(`the simulated fleet, asked for ${name}: ${text}`)
    return JSON.parse(text)
  }
  const names = ['ways', 'strike', 'reset', 'written', 'connections', 'complaints', 'run', 'powerCycle', 'usage'] as const
  const remote = Object.fromEntries(names.map((name) => [name, (asked: unknown) => ask(name, asked)])) as unknown as Remote
  return {
    ...remote,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      child.kill('SIGTERM')
      await ended.catch(() => {})
    },
  }
}
