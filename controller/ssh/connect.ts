import { connect as connectTcp } from 'node:net'
import type { Duplex } from 'node:stream'
import { Client, type ConnectConfig } from 'ssh2'
import type { HostError } from '../engine/host.ts'
import { hostError, isHostError, messageOf } from './failure.ts'
import { offeredHostKeys } from './hostkey.ts'
import { algorithmsFor, fingerprint, type HostKey, parseHostKey, typeOfBlob } from './pin.ts'

/** How to reach and recognise one machine. */
export interface SshSettings {
  /** For messages: `he1`. */
  readonly name: string
  readonly address: string
  /** Tried in this order; the next only where the one before gives no SSH answer. */
  readonly ports: readonly number[]
  readonly user: string
  readonly become: 'none' | 'sudo'
  /** Pinned host keys, `ssh-ed25519 AAAA…`. At least one. */
  readonly hostKeys: readonly string[]
}

/** What proves to the host who we are. */
export type Identity =
  | { readonly type: 'key'; readonly privateKey: Uint8Array }
  /** Path of an ssh-agent's socket. */
  | { readonly type: 'agent'; readonly socket: string }

/** A way to another machine's TCP port through this one; every SshHost is one. */
export interface Jump {
  /** A channel to host:port as seen from there. Rejects with a HostError. */
  forward(host: string, port: number, deadlineMs: number): Promise<Duplex>
}

export interface ConnectDependencies {
  readonly settings: SshSettings
  /** Asked for each new connection, so that a renewed key is used. Throws, in words for people, where it cannot be had. */
  identity(): Identity
  readonly jump?: Jump
  /** Milliseconds between keepalives; three without an answer end the connection. */
  readonly keepaliveMs: number
}

/** With the identity as it is now. */
type Known = Omit<ConnectDependencies, 'identity'> & { readonly identity: Identity }

/** A new authenticated connection. `deadlineMs` holds for each port: TCP connection, key exchange and authentication. Rejects with a HostError. */
export async function connectSsh(dependencies: ConnectDependencies, deadlineMs: number): Promise<Client> {
  const { settings } = dependencies
  const pins = readPins(settings)
  const known = { ...dependencies, identity: readIdentity(dependencies) }
  const failures: string[] = []
  for (const port of settings.ports) {
    const attempt = await connectPort(known, pins, port, deadlineMs).catch((error: unknown) => asHostError(error))
    if (attempt instanceof Client) return attempt
    if (attempt.kind !== 'unreachable') throw attempt
    failures.push(`port ${port}: ${attempt.message}`)
  }
  throw hostError('unreachable', `${settings.name} (${settings.address}) does not answer: ${failures.join('; ') || 'no port is given'}`)
}

/** What each connection goes over. */
const wires = new WeakMap<Client, Duplex>()

/** Ends a connection now; a peer that is gone, or does not hang up, cannot keep it: ssh2's own destroy does nothing after its end. */
export function endClient(client: Client): void {
  client.end()
  wires.get(client)?.destroy()
}

function readPins(settings: SshSettings): readonly HostKey[] {
  try {
    if (settings.hostKeys.length === 0) throw new Error('no host key is pinned')
    return settings.hostKeys.map(parseHostKey)
  } catch (error) {
    throw hostError('hostKey', `${settings.name}: ${messageOf(error)}`, error)
  }
}

function readIdentity({ settings, identity }: ConnectDependencies): Identity {
  try {
    return identity()
  } catch (error) {
    throw hostError('auth', `${settings.name}: ${messageOf(error)}`, error)
  }
}

function asHostError(error: unknown): HostError {
  return isHostError(error) ? error : hostError('unreachable', messageOf(error), error)
}

async function connectPort(dependencies: Known, pins: readonly HostKey[], port: number, deadlineMs: number): Promise<Client> {
  const { settings, jump } = dependencies
  const started = performance.now()
  const socket = jump ? await jump.forward(settings.address, port, deadlineMs) : await dial(settings.address, port, deadlineMs)
  const leftMs = Math.max(1, deadlineMs - (performance.now() - started))
  try {
    return await shakeHands(dependencies, pins, socket, port, leftMs)
  } catch (error) {
    socket.destroy()
    throw isNoCommonKeyType(error) ? await otherKeyTypes(dependencies, pins, port, deadlineMs) : error
  }
}

/** A TCP connection, or an error when the deadline passes first. */
export function dial(address: string, port: number, deadlineMs: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port, noDelay: true })
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${deadlineMs} ms`)), deadlineMs)
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(hostError('unreachable', messageOf(error), error))
    })
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
  })
}

function shakeHands(
  { settings, identity, keepaliveMs }: Known,
  pins: readonly HostKey[],
  socket: Duplex,
  port: number,
  deadlineMs: number,
): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client()
    wires.set(client, socket)
    let offered: Buffer | undefined
    const fail = (error: Error & { readonly level?: string }) => {
      reject(offered ? changedKey(settings, port, offered, pins) : classify(settings, identity, error))
    }
    const verify = (key: Buffer) => {
      if (pins.some((pin) => key.equals(pin.blob))) return true
      offered = key
      return false
    }
    client.on('error', fail)
    client.once('close', () => fail(new Error('the connection was closed during the handshake')))
    client.once('ready', () => resolve(client))
    const config: ConnectConfig = {
      sock: socket as NonNullable<ConnectConfig['sock']>,
      username: settings.user,
      hostVerifier: verify,
      algorithms: { serverHostKey: [...algorithmsFor(pins)] },
      readyTimeout: deadlineMs,
      keepaliveInterval: keepaliveMs,
      keepaliveCountMax: 3,
      ...credentials(identity),
    }
    try {
      client.connect(config)
    } catch (error) {
      reject(hostError('auth', `${settings.name}: Reeve's own private key cannot be used: ${messageOf(error)}`))
    }
  })
}

function credentials(identity: Identity): Pick<ConnectConfig, 'agent' | 'privateKey' | 'authHandler'> {
  if (identity.type === 'agent') return { agent: identity.socket, authHandler: ['agent'] }
  return { privateKey: Buffer.from(identity.privateKey), authHandler: ['publickey'] }
}

function classify(settings: SshSettings, identity: Identity, error: Error & { readonly level?: string }): Error {
  if (isNoCommonKeyType(error)) return error
  if (error.level === 'agent') return hostError('auth', `${settings.name}: the ssh-agent gives no key: ${error.message}`, error)
  if (error.level !== 'client-authentication') return hostError('unreachable', error.message, error)
  const what = identity.type === 'agent' ? 'every key of the ssh-agent' : "Reeve's key"
  return hostError(
    'auth',
    `${settings.name} refused ${what} for user ${settings.user}; add its public half to that user's authorized_keys`,
    error,
  )
}

function isNoCommonKeyType(error: unknown): boolean {
  return error instanceof Error && error.message.includes('no matching host key format')
}

function changedKey(settings: SshSettings, port: number, offered: Uint8Array, pins: readonly HostKey[]): HostError {
  return refusedKeys(settings, port, [`${typeOfBlob(offered) ?? 'unknown type'} ${fingerprint(offered)}`], pins)
}

/** Nothing that we would accept was offered: ask once more, only to be able to say what is. */
async function otherKeyTypes({ settings, jump }: Known, pins: readonly HostKey[], port: number, deadlineMs: number) {
  const through = jump ?? { forward: dial }
  const offered = await offeredHostKeys({ address: settings.address, port, deadlineMs, forward: through.forward }).catch(() => [])
  return refusedKeys(
    settings,
    port,
    offered.map((key) => `${key.type} ${key.fingerprint}`),
    pins,
  )
}

function refusedKeys(settings: SshSettings, port: number, offered: readonly string[], pins: readonly HostKey[]): HostError {
  const pinned = pins.map((pin) => `${pin.type} ${fingerprint(pin.blob)}`).join(', ')
  const what = `${settings.name} (${settings.address} port ${port}) offers host key ${offered.join(', ') || 'of no known type'}; pinned is ${pinned}.`
  const todo = `Either somebody is between, or the machine was reinstalled: compare with ssh-keygen -lf on its console, and only if equal put the line of 'reeve hostkey ${settings.address}' into spec.hostKeys.`
  return hostError('hostKey', `${what} ${todo}`)
}
