import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire between two ends that a test can cut or stop up. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** TCP connections made through it so far. */
  connections(): number
  /** Nothing goes through any more in either direction, and nobody is told: a dead peer. */
  blackHole(): void
  /** Goes through again, for new connections. */
  open(): void
  /** Breaks all connections after this many more bytes from the client. */
  cutAfter(bytes: number): void
}

/** Starts a proxy on the loopback to a port of the loopback. */
export async function startProxy(toPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isBlack = false
  let left = Number.POSITIVE_INFINITY
  let count = 0
  const server = createServer((client) => {
    count++
    const upstream = connect(toPort, '127.0.0.1')
    for (const socket of [client, upstream]) track(socket)
    client.on('data', (chunk) => fromClient(chunk, upstream, client))
    upstream.on('data', (chunk) => void (isBlack || client.write(chunk)))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => void (isBlack || client.destroy()))
  })
  function track(socket: Socket): void {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
  }
  function fromClient(chunk: Buffer, upstream: Socket, client: Socket): void {
    if (isBlack) return
    const part = chunk.subarray(0, Math.min(chunk.length, left))
    left -= part.length
    upstream.write(part)
    if (left > 0) return
    left = Number.POSITIVE_INFINITY
    upstream.end()
    client.destroy()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    blackHole: () => {
      isBlack = true
    },
    open: () => {
      isBlack = false
    },
    cutAfter: (bytes) => {
      left = bytes
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
