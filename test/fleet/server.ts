import { createHash } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from 'ssh2'
import type { SimulatedHost } from './host.ts'
import { type Process, signal } from './shell/process.ts'
import type { Stream } from './shell/streams.ts'
import { type Faults, Wire } from './wire.ts'

/** A simulated host behind a real SSH server. */
export interface Served {
  readonly host: SimulatedHost
  faults(): Faults
}

/** The way to one of them. Disposing ends its connections. */
export interface Door extends AsyncDisposable {
  readonly port: number
  /** TCP connections made so far. */
  connections(): number
  /** Breaks all connections with a TCP reset. */
  reset(): void
}

export interface Keys {
  /** OpenSSH's private key, which all hosts show. */
  readonly hostKey: string
  /** `ssh-ed25519 AAAA…` of those who may come in. */
  readonly authorized: readonly string[]
}

/** Opens doors: each a free port of 127.0.0.1. One SSH server speaks for all of them. */
export function createDoors(keys: Keys): { open(served: Served): Promise<Door> } {
  const pending = new Map<number, { readonly served: Served; readonly wire: Wire }>()
  const authorized = keys.authorized.map(parsedKey)
  const ssh = new ssh2.Server({ hostKeys: [keys.hostKey], keepaliveInterval: 0 }, (connection, info) => {
    const known = pending.get(info.port)
    if (known) welcome(connection, known.served, known.wire, authorized)
    else connection.end()
  })
  let last = 0

  async function open(served: Served): Promise<Door> {
    const wires = new Set<Wire>()
    let count = 0
    const listener = createServer({ noDelay: true }, (socket: Socket) => {
      count++
      const wire = new Wire(socket, served.faults)
      // ssh2 tells no more of a connection than its address and port: this one names it.
      const number = ++last
      Object.assign(wire, { remoteAddress: '127.0.0.1', remotePort: number })
      wires.add(wire)
      pending.set(number, { served, wire })
      wire.on('error', () => wire.cut())
      socket.on('close', () => {
        wires.delete(wire)
        pending.delete(number)
      })
      ssh.injectSocket(wire as unknown as Socket)
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', 1024, resolve))
    return {
      port: (listener.address() as AddressInfo).port,
      connections: () => count,
      reset() {
        for (const wire of wires) wire.reset()
      },
      async [Symbol.asyncDispose]() {
        for (const wire of wires) wire.cut()
        await new Promise((resolve) => listener.close(resolve))
      },
    }
  }
  return { open }
}

function parsedKey(line: string): ParsedKey {
  const key = ssh2.utils.parseKey(line)
  if (key instanceof Error) throw key
  return key
}

/** As ssh-keygen -l prints it. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

function welcome(connection: Connection, served: Served, wire: Wire, authorized: readonly ParsedKey[]): void {
  connection.on('authentication', (context) => {
    const key = served.faults().refusesKeys ? undefined : acceptedKey(context, authorized)
    if (key === undefined) return context.reject(['publickey'])
    wire.client = fingerprintOf(key.getPublicSSH())
    context.accept()
  })
  connection.on('error', () => wire.cut())
  connection.on('session', (accept) => {
    const session = accept()
    const processes = new Set<Process>()
    session.on('exec', (take, _reject, { command }) => serveCommand(take(), command, served, processes))
    session.on('signal', (take) => take?.())
    session.on('close', () => processes.clear())
  })
  connection.on('tcpip', (_accept, reject) => reject())
}

/** The key, where it is one of those and the signature is right; for a mere question whether it would do, too. */
function acceptedKey(context: AuthContext, authorized: readonly ParsedKey[]): ParsedKey | undefined {
  if (context.method !== 'publickey') return undefined
  const key = authorized.find((one) => one.type === context.key.algo && one.getPublicSSH().equals(context.key.data))
  if (key === undefined || context.signature === undefined || context.blob === undefined) return key
  return key.verify(context.blob, context.signature, context.hashAlgo) === true ? key : undefined
}

/** sshd gives a command's descriptors to `sh -c`; its end is the channel's end. */
function serveCommand(channel: ServerChannel, command: string, served: Served, processes: Set<Process>): void {
  const stdin = channelInput(channel)
  const stdout = answerStream(channel, served.faults)
  const stderr = { ...stdout, refs: 1, write: (text: string) => writeTo(channel.stderr, text) }
  let shell: Process | undefined
  const started = (process: Process): void => {
    shell = process
    processes.add(process)
  }
  // A shell that loses its terminal gets the end of its input, and what it waits for goes on (sshd tells it nothing else).
  channel.on('close', () => {
    if (shell !== undefined) signal(shell, 'KILL')
  })
  served.host.exec(command, { stdin, stdout, stderr, started }).then(
    (status) => {
      quietly(() => channel.exit(status))
      quietly(() => channel.end())
    },
    (error: unknown) => {
      served.host.machine.complain(error instanceof Error ? (error.stack ?? error.message) : String(error))
      quietly(() => channel.close())
    },
  )
}

function channelInput(channel: ServerChannel): Stream {
  const queue: string[] = []
  let isOver = false
  let wake: (() => void) | undefined
  channel.on('data', (chunk: Buffer) => {
    queue.push(chunk.toString('latin1'))
    wake?.()
  })
  const finish = (): void => {
    isOver = true
    wake?.()
  }
  channel.on('end', finish)
  channel.on('close', finish)
  return {
    refs: 1,
    async readMore() {
      while (queue.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve))
      return queue.length === 0 ? undefined : queue.splice(0).join('')
    },
    readAll: () => queue.splice(0).join(''),
    readLine: () => undefined,
  }
}

function answerStream(channel: ServerChannel, faults: () => Faults): Stream {
  let written = 0
  return {
    refs: 1,
    write(text) {
      const { answersEndAfter, answersLie } = faults()
      if (answersEndAfter !== undefined) {
        const left = answersEndAfter - written
        written += text.length
        if (left > 0) writeTo(channel, text.slice(0, left))
        if (written > answersEndAfter) quietly(() => channel.close())
        return true
      }
      return writeTo(channel, answersLie ? lie(text) : text)
    },
  }
}

/** What frames an answer stays: it is its content that is wrong. */
function lie(text: string): string {
  return text.replace(/^(?!.*REEVE-|[0-9a-f]{32} ).*$/gm, (line) => line.replace(/[0-9]/g, '7'))
}

function writeTo(stream: { write(chunk: Buffer): boolean; readonly writable?: boolean }, text: string): boolean {
  quietly(() => stream.write(Buffer.from(text, 'latin1')))
  return true
}

/** What is gone need not be told. */
function quietly(action: () => unknown): void {
  try {
    action()
  } catch {
    // It was closed meanwhile.
  }
}
