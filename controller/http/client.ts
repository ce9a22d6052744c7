import { request } from 'node:http'
import type { HistoryEntry, HistoryFilter } from '../model/history.ts'
import { apiVersion, type StatusView } from '../model/status.ts'
import type { SuspensionOf } from '../model/suspension.ts'
import type { CommandResult, SilenceRequest, SuspendRequest } from './source.ts'

/** Talks to the running controller over its unix socket; for `reeve status`, `history` and all commands. `by`: who asks, for the history. */
export interface Client {
  status(): Promise<StatusView>
  /** Newest first. Rejects with the server's words where the filter is none. */
  history(filter: HistoryFilter): Promise<readonly HistoryEntry[]>
  reconcile(hypervisor?: string, by?: string): Promise<CommandResult>
  approve(hash: string, by?: string): Promise<CommandResult>
  silence(request: SilenceRequest): Promise<CommandResult>
  endSilence(id: string, by?: string): Promise<CommandResult>
  suspend(request: SuspendRequest): Promise<CommandResult>
  resume(of: SuspensionOf, by?: string): Promise<CommandResult>
}

/** Longer than the controller waits for what is in hand before it answers. */
const deadlineMs = 20_000

/** All of its calls reject where no controller runs, or it is of another API version. */
export function createClient(socketPath: string): Client {
  async function read<T>(path: string): Promise<T> {
    const answer = JSON.parse(await call(socketPath, 'GET', path)) as T & { readonly version?: number; readonly message?: string }
    if (answer.version === apiVersion) return answer
    if (answer.version === undefined) throw new Error(`the running Reeve said: ${answer.message ?? 'nothing that can be read'}`)
    throw new Error(`the running Reeve speaks API version ${answer.version}, this one ${apiVersion}; use the same release`)
  }
  async function history(filter: HistoryFilter): Promise<readonly HistoryEntry[]> {
    const query = new URLSearchParams(Object.entries(filter).map(([name, value]): [string, string] => [name, String(value)]))
    return (await read<{ readonly entries: readonly HistoryEntry[] }>(`/api/v1/history?${query}`)).entries
  }
  async function command(path: string, body: object): Promise<CommandResult> {
    const answer = JSON.parse(await call(socketPath, 'POST', path, JSON.stringify(body))) as CommandResult
    // An address that the running one does not have is no refusal of what was asked.
    if (!answer.ok && answer.message.startsWith('nothing is at '))
      throw new Error(`the running Reeve does not know this command; restart it: ${answer.message}`)
    return answer
  }
  return {
    status: () => read<StatusView>('/api/v1/status'),
    history,
    reconcile: (hypervisor, by) => command('/api/v1/reconcile', { hypervisor, by }),
    approve: (hash, by) => command('/api/v1/approve', { hash, by }),
    silence: (request) => command('/api/v1/silence', request),
    endSilence: (id, by) => command('/api/v1/silence/end', { id, by }),
    suspend: (request) => command('/api/v1/suspend', request),
    resume: (of, by) => command('/api/v1/resume', { ...of, by }),
  }
}

function call(socketPath: string, method: string, path: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(
        new Error(`no Reeve answers on ${socketPath}: ${error.message}; is 'reeve run' running here, and are you its user?`, {
          cause: error,
        }),
      )
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const asked = request({ socketPath, method, path, headers, signal: AbortSignal.timeout(deadlineMs) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', fail)
      response.once('end', () => resolve(Buffer.concat(chunks).toString()))
    })
    asked.once('error', fail)
    asked.end(body)
  })
}
