import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A wire to a machine that never hangs up: whoever ends his side of a connection is left with the other one. */
export interface StubbornWire extends AsyncDisposable {
  readonly port: number
  /** TCP connections made through it so far. */
  connections(): number
  /** Connections of which the caller has ended at least his side. */
  ended(): number
  /** Says this to whoever connected last; false once his machine answers that nobody is there any more. */
  say(text: string): boolean
  /** Nothing goes through, and nothing is lost: what is said meanwhile arrives when it flows again. */
  stall(): void
  flow(): void
}

/** Starts one on the loopback to a port of the loopback. */
export async function startStubbornWire(toPort: number): Promise<StubbornWire> {
  const all: { readonly client: Socket; readonly upstream: Socket }[] = []
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: toPort, host: '127.0.0.1', allowHalfOpen: true })
    client.on('data', (chunk) => upstream.write(chunk))
    upstream.on('data', (chunk) => client.write(chunk))
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy())
    all.push({ client, upstream })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const each = (act: (socket: Socket) => void): void => {
    for (const pair of all) for (const socket of [pair.client, pair.upstream]) act(socket)
  }
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => all.length,
    ended: () => all.filter(({ client }) => client.readableEnded || client.destroyed).length,
    say(text) {
      const client = all.at(-1)?.client
      client?.write(text)
      return client?.destroyed === false
    },
    stall: () => each((socket) => void socket.pause()),
    flow: () => each((socket) => void socket.resume()),
    async [Symbol.asyncDispose]() {
      each((socket) => socket.destroy())
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
