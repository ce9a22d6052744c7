import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

describe('the TCP proxy', () => {
  let echo: Awaited<ReturnType<typeof startEcho>>
  let proxy: TcpProxy

  beforeEach(async () => {
    echo = await startEcho()
    proxy = await startTcpProxy({ address: '127.0.0.1', port: echo.port })
  })
  afterEach(async () => {
    await proxy[Symbol.asyncDispose]()
    await echo.close()
  })

  test('passes bytes both ways', async () => {
    const client = await connect(proxy.port)
    client.socket.end('hello')
    await once(client.socket, 'close')
    expect(client.text()).toBe('hello')
    expect(proxy.passedBytes).toEqual({ toTarget: 5, fromTarget: 5 })
  })

  test('cut resets open connections and lets new ones in', async () => {
    const client = await connect(proxy.port)
    client.socket.write('a')
    await client.until('a')
    proxy.cut()
    await expect(client.error).resolves.toMatchObject({ code: 'ECONNRESET' })
    const next = await connect(proxy.port)
    next.socket.write('b')
    await next.until('b')
  })

  test('blackhole keeps connections open and swallows their bytes', async () => {
    const client = await connect(proxy.port)
    client.socket.write('a')
    await client.until('a')
    proxy.setMode({ kind: 'blackhole' })
    client.socket.write('lost')
    await sleep(200)
    expect(client.text()).toBe('a')
    expect(client.socket.destroyed).toBe(false)
  })

  test('throttle keeps the rate', async () => {
    proxy.setMode({ kind: 'throttle', bytesPerSecond: 20_000 })
    const client = await connect(proxy.port)
    const startMs = performance.now()
    client.socket.end('x'.repeat(8_000))
    await once(client.socket, 'close')
    expect(client.text()).toHaveLength(8_000)
    expect(performance.now() - startMs).toBeGreaterThan(390)
  })

  test('cutAfter passes exactly that many bytes, then resets and refuses', async () => {
    proxy.setMode({ kind: 'cutAfter', bytes: 7 })
    const client = await connect(proxy.port)
    client.socket.write('abcdef')
    await expect(client.error).resolves.toMatchObject({ code: 'ECONNRESET' })
    expect(client.text()).toBe('a')
    const next = await connect(proxy.port)
    await expect(next.error).resolves.toMatchObject({ code: 'ECONNRESET' })
  })
})

async function startEcho() {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  return { port, close: () => new Promise((resolve) => server.close(resolve)) }
}

async function connect(port: number) {
  const socket: Socket = createConnection(port, '127.0.0.1')
  const error = new Promise<Error>((resolve) => socket.once('error', resolve))
  let text = ''
  socket.on('data', (bytes) => (text += bytes))
  await Promise.race([once(socket, 'connect'), error])
  const until = async (wanted: string) => {
    for (let waitedMs = 0; text !== wanted && waitedMs < 5_000; waitedMs += 5) await sleep(5)
    expect(text).toBe(wanted)
  }
  return { socket, error, until, text: () => text }
}
