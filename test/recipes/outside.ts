import { once } from 'node:events'
import { createConnection, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Machine } from '../lab/lab.ts'
import { askMonitor } from '../lab/monitor.ts'

/** A port of this machine that leads to a port of the emulated one's network card, as the world comes in. */
export interface Way extends AsyncDisposable {
  readonly port: number
}

export async function openWay(machine: Machine, guestPort: number): Promise<Way> {
  const ask = (command: string) => askMonitor(join(machine.folder, 'monitor'), command)
  const port = await freePort()
  const said = await ask(`hostfwd_add uplink tcp:127.0.0.1:${port}-:${guestPort}`)
  if (said !== '') throw new Error(`${machine.name}: port ${guestPort} cannot be led in: ${said}`)
  return { port, [Symbol.asyncDispose]: async () => void (await ask(`hostfwd_remove uplink tcp:127.0.0.1:${port}`)) }
}

/** Somebody out in the world who greets whoever comes, seen from the machine at `address`. */
export async function openWorld(): Promise<
  AsyncDisposable & { readonly address: string; readonly port: number; readonly greeting: string }
> {
  const greeting = 'the world'
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.end(`${greeting}\n`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  return { address: '10.0.2.2', port, greeting, [Symbol.asyncDispose]: async () => void server.close() }
}

/** What is said to somebody who connects, until the other side closes. Tries again while nothing is said, for half a minute. */
export async function saidAt(port: number): Promise<string> {
  for (const until = Date.now() + 30_000; Date.now() < until; await sleep(500)) {
    const said = await saidOnce(port)
    if (said !== '') return said
  }
  return ''
}

async function saidOnce(port: number): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port, timeout: 10_000 })
  let said = ''
  socket.setEncoding('utf8').on('data', (text: string) => (said += text))
  socket.on('timeout', () => socket.destroy()).on('error', () => {})
  await once(socket, 'close')
  return said.trim()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return port
}
