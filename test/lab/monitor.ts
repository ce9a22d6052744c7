import { createConnection, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

interface Answer {
  readonly return?: unknown
  readonly error?: { readonly desc: string }
}

/**
 * Gives QEMU one command of its human monitor (`savevm`, `loadvm`, `info usernet`, …) over its QMP socket and returns what it prints.
 * Throws where QEMU cannot be reached or refuses. A fresh connection each time: QEMU serves one at a time, and several processes may ask.
 */
export async function askMonitor(socketPath: string, command: string, timeoutMs = 120_000): Promise<string> {
  const socket = createConnection(socketPath)
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`QEMU did not answer ${command} within ${timeoutMs} ms`)))
  try {
    const answers = answersOf(socket)
    await send(socket, answers, { execute: 'qmp_capabilities' })
    const printed = await send(socket, answers, { execute: 'human-monitor-command', arguments: { 'command-line': command } })
    return String(printed).trim()
  } catch (cause) {
    throw new Error(`QEMU's monitor ${socketPath}, ${command}: ${(cause as Error).message}`, { cause })
  } finally {
    socket.destroy()
  }
}

async function send(socket: Socket, answers: AsyncIterator<Answer>, request: object): Promise<unknown> {
  socket.write(`${JSON.stringify(request)}\n`)
  const { value, done } = await answers.next()
  if (done) throw new Error('the connection ended')
  if (value.error) throw new Error(value.error.desc)
  return value.return
}

// Greeting and events come between the answers; only answers count.
async function* answersOf(socket: Socket): AsyncGenerator<Answer, undefined> {
  const failure = new Promise<never>((_, reject) => socket.once('error', reject))
  failure.catch(() => {})
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  for (;;) {
    const { value, done } = await Promise.race([lines.next(), failure])
    if (done) return undefined
    const message = JSON.parse(value)
    if ('return' in message || 'error' in message) yield message
  }
}
