import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type Request =
  | { readonly ask: 'mail'; readonly to: string; readonly messageId: string }
  | { readonly ask: 'recipients'; readonly host: string; readonly to: readonly string[] }
  | { readonly ask: 'name'; readonly server: string; readonly name: string; readonly type: string }

/** Which exchange took or refused a mail, and those that were tried before it. */
export interface Sent {
  readonly via: string
  readonly reply: string
  readonly tried: readonly string[]
}

export type Answer = Sent | readonly string[] | unknown

/** Somebody out there, in a network namespace that is none of ours: asks the DNS, and sends mail as the MX records say. */
export interface Stranger extends AsyncDisposable {
  /** Rejects where no exchange took it and none refused it. */
  mail(to: string, messageId: string): Promise<Sent>
  /** The replies of one server to these recipients; nothing is sent. */
  recipients(host: string, to: readonly string[]): Promise<readonly string[]>
  /** What a name server says, or the code of the error. */
  name(server: string, name: string, type?: string): Promise<unknown>
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** `pid`: a process in the namespace · `servers`: whom it asks for names. */
export async function startStranger(pid: number, servers: readonly string[]): Promise<Stranger> {
  const program = [process.execPath, join(import.meta.dirname, 'stranger-main.ts'), servers.join(',')]
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'nsenter', '-t', String(pid), '-n', ...program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const waiting = new Map<number, Waiting>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, value, error } = JSON.parse(line) as { readonly id: number; readonly value?: unknown; readonly error?: string }
    const one = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) one?.resolve(value)
    else one?.reject(new Error(error))
  })
  child.once('close', () => {
    for (const one of waiting.values()) one.reject(new Error('the stranger is gone'))
  })
  let last = 0
  const ask = <T>(request: Request): Promise<T> => {
    const id = ++last
    child.stdin.write(`${JSON.stringify({ id, request })}\n`)
    return new Promise<T>((resolve, reject) => waiting.set(id, { resolve: resolve as (value: unknown) => void, reject }))
  }
  return {
    mail: (to, messageId) => ask<Sent>({ ask: 'mail', to, messageId }),
    recipients: (host, to) => ask<readonly string[]>({ ask: 'recipients', host, to }),
    name: (server, name, type = 'A') => ask({ ask: 'name', server, name, type }),
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'close')
      child.kill('SIGKILL')
      await gone
    },
  }
}
