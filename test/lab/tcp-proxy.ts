import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the proxy does with bytes and with new connections. */
export type ProxyMode =
  | { readonly kind: 'pass' }
  /** Accepts, then swallows everything: a firewall that drops. */
  | { readonly kind: 'blackhole' }
  /** Resets every new connection. */
  | { readonly kind: 'refuse' }
  /** For each direction of each connection. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** Passes this many more bytes of both directions together, then resets all connections and goes over to refuse. */
  | { readonly kind: 'cutAfter'; readonly bytes: number }

/** A TCP proxy on loopback that a test may make misbehave. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** Applies to open connections and new ones. */
  setMode(mode: ProxyMode): void
  /** Resets the open connections now; new ones follow the mode. */
  cut(): void
  /** Bytes passed so far. */
  readonly passedBytes: { readonly toTarget: number; readonly fromTarget: number }
  /** Connections accepted so far. */
  readonly acceptedCount: number
}

interface ProxyState {
  mode: ProxyMode
  /** What mode cutAfter still lets pass. */
  leftBytes: number
  acceptedCount: number
  readonly sockets: Set<Socket>
  readonly passedBytes: { toTarget: number; fromTarget: number }
}

type Direction = keyof ProxyState['passedBytes']

interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Starts a proxy before `target`, in mode pass, on any free port of 127.0.0.1, or `at` another address and port of this machine. */
export async function startTcpProxy(target: Endpoint, at: Endpoint = { address: '127.0.0.1', port: 0 }): Promise<TcpProxy> {
  const state: ProxyState = {
    mode: { kind: 'pass' },
    leftBytes: 0,
    acceptedCount: 0,
    sockets: new Set(),
    passedBytes: { toTarget: 0, fromTarget: 0 },
  }
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    state.acceptedCount += 1
    if (state.mode.kind === 'refuse') client.resetAndDestroy()
    else join(state, client, createConnection({ port: target.port, host: target.address, allowHalfOpen: true }))
  })
  server.listen(at.port, at.address)
  await once(server, 'listening')
  return {
    port: (server.address() as { readonly port: number }).port,
    setMode: (mode) => setMode(state, mode),
    cut: () => cut(state),
    passedBytes: state.passedBytes,
    get acceptedCount() {
      return state.acceptedCount
    },
    [Symbol.asyncDispose]: async () => {
      cut(state)
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function setMode(state: ProxyState, mode: ProxyMode): void {
  state.mode = mode
  if (mode.kind === 'cutAfter') state.leftBytes = mode.bytes
}

function cut(state: ProxyState): void {
  for (const socket of state.sockets) socket.resetAndDestroy()
  state.sockets.clear()
}

function join(state: ProxyState, client: Socket, target: Socket): void {
  const drop = () => {
    client.destroy()
    target.destroy()
  }
  for (const socket of [client, target]) {
    state.sockets.add(socket)
    socket.on('error', drop).once('close', () => state.sockets.delete(socket))
  }
  forward(state, client, target, 'toTarget').catch(drop)
  forward(state, target, client, 'fromTarget').catch(drop)
}

async function forward(state: ProxyState, from: Socket, to: Socket, direction: Direction): Promise<void> {
  for await (const chunk of from) {
    for (const piece of piecesOf(state.mode, chunk)) await pass(state, to, direction, piece)
  }
  to.end()
}

/** Throttled, a chunk goes in tenths of a second, so that the rate is even. */
function* piecesOf(mode: ProxyMode, chunk: Buffer): Generator<Buffer> {
  const size = mode.kind === 'throttle' ? Math.max(1, Math.ceil(mode.bytesPerSecond / 10)) : chunk.length
  for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size)
}

async function pass(state: ProxyState, to: Socket, direction: Direction, piece: Buffer): Promise<void> {
  const { mode } = state
  if (mode.kind === 'blackhole') return
  if (mode.kind === 'throttle') await sleep((piece.length / mode.bytesPerSecond) * 1000)
  const part = mode.kind === 'cutAfter' ? piece.subarray(0, state.leftBytes) : piece
  state.passedBytes[direction] += part.length
  if (!to.write(part)) await Promise.race([once(to, 'drain'), once(to, 'close')])
  if (mode.kind === 'cutAfter') await spend(state, to, part.length)
}

async function spend(state: ProxyState, to: Socket, bytes: number): Promise<void> {
  state.leftBytes -= bytes
  if (state.leftBytes > 0 || state.mode.kind !== 'cutAfter') return
  setMode(state, { kind: 'refuse' })
  // A reset discards what the other side has not read yet: let the last byte arrive first.
  while (to.writableLength > 0 && !to.destroyed) await sleep(5)
  await sleep(20)
  cut(state)
}
