import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'

/** A TCP proxy that hands everything on so much later: a host that is far away. */
export interface LateProxy extends AsyncDisposable {
  readonly port: number
}

/** `roundTripMs`: half of it in each direction. Timers of one length fire in their order, so bytes keep theirs. */
export async function startLateProxy(target: { readonly address: string; readonly port: number }, roundTripMs: number): Promise<LateProxy> {
  const sockets = new Set<Socket>()
  const late = (act: () => void): void => void setTimeout(act, roundTripMs / 2)
  const hand = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (chunk: Buffer) => late(() => to.writable && to.write(chunk)))
    from.on('end', () => late(() => to.end()))
    from.on('error', () => to.destroy()).once('close', () => sockets.delete(from))
  }
  const server = createServer((client) => {
    const far = createConnection({ host: target.address, port: target.port })
    hand(client, far)
    hand(far, client)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { readonly port: number }).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
