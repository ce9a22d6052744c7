import type { Client } from 'ssh2'
import type { HostError } from '../engine/host.ts'
import { endClient } from './connect.ts'
import { isHostError } from './failure.ts'

/** The one connection to a machine, opened when it is first needed. */
export interface Connection {
  /**
   * The open connection, or a new one. Callers that come while one is being opened share it; callers who had asked (`askedAtMs`, monotonic)
   * before an attempt failed share its failure, so that a queue of them cannot hammer a dead machine.
   */
  get(askedAtMs: number): Promise<Client>
  /** Ends the connection, if there is one; the next `get` opens a new one. */
  drop(): void
}

/** Keeps what `open` opens until it closes or is dropped. */
export function createConnection(open: () => Promise<Client>, nowMs: () => number, onGone: (error?: Error) => void): Connection {
  let current: Promise<Client> | undefined
  let failure: { readonly error: HostError; readonly atMs: number } | undefined

  function forget(ended: Promise<Client>, error?: Error): void {
    if (current !== ended) return
    current = undefined
    onGone(error)
  }
  function start(): Promise<Client> {
    const opening = open()
    current = opening
    opening.then(
      (client) => watch(client, opening),
      (error: unknown) => {
        if (isHostError(error)) failure = { error, atMs: nowMs() }
        forget(opening)
      },
    )
    return opening
  }
  function watch(client: Client, opened: Promise<Client>): void {
    client.on('error', (error) => {
      endClient(client)
      forget(opened, error)
    })
    client.once('close', () => forget(opened))
  }
  function get(askedAtMs: number): Promise<Client> {
    if (current) return current
    if (failure && failure.atMs >= askedAtMs) return Promise.reject(failure.error)
    return start()
  }
  function drop(): void {
    const dropped = current
    current = undefined
    dropped?.then(endClient, () => undefined)
  }
  return { get, drop }
}
