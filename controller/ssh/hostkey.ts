import type { Duplex } from 'node:stream'
import { Client, type ConnectConfig } from 'ssh2'
import { fingerprint, type SignatureAlgorithm, signatureAlgorithms } from './pin.ts'

/** A key that a host offers; nothing proves yet that the host is the right one. */
export interface OfferedHostKey {
  readonly type: string
  /** As spec.hostKeys takes it. */
  readonly line: string
  /** `SHA256:…`, to be compared with `ssh-keygen -lf /etc/ssh/ssh_host_…_key.pub` on the console. */
  readonly fingerprint: string
}

export interface OfferedOptions {
  readonly address: string
  readonly port: number
  /** For each key type: one handshake, which is broken off before any authentication. */
  readonly deadlineMs: number
  forward(address: string, port: number, deadlineMs: number): Promise<Duplex>
}

/** Every host key that an address offers, best first, by one handshake for each type. Rejects where it cannot be reached. */
export async function offeredHostKeys(options: OfferedOptions): Promise<readonly OfferedHostKey[]> {
  const offered: OfferedHostKey[] = []
  for (const [type, algorithms] of Object.entries(signatureAlgorithms)) {
    const socket = await options.forward(options.address, options.port, options.deadlineMs)
    const blob = await offeredKey(socket, algorithms, options.deadlineMs).finally(() => socket.destroy())
    if (blob) offered.push({ type, line: `${type} ${blob.toString('base64')}`, fingerprint: fingerprint(blob) })
  }
  return offered
}

function offeredKey(socket: Duplex, algorithms: readonly SignatureAlgorithm[], deadlineMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const client = new Client()
    const verify = (key: Buffer) => {
      resolve(key)
      return false
    }
    client.on('error', () => resolve(undefined))
    client.once('close', () => resolve(undefined))
    client.connect({
      sock: socket as NonNullable<ConnectConfig['sock']>,
      username: 'reeve',
      hostVerifier: verify,
      algorithms: { serverHostKey: [...algorithms] },
      readyTimeout: deadlineMs,
    })
  })
}
