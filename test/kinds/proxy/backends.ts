import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createSocketServer, type Server as SocketServer } from 'node:net'

/** An upstream that tells what it was asked, says `NAME hello` to whoever upgrades, and nothing at all at `/silent`. */
export async function startEcho(name: string): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((request, response) => {
    if (request.url === '/silent') return
    response.setHeader('X-Powered-By', 'secret')
    response.end(JSON.stringify({ name, url: request.url, headers: request.headers }))
  })
  server.on('upgrade', (request, socket) => {
    socket.end(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n${name} hello`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, server }
}

/** A FastCGI server (version 1) that answers each request with its parameters. */
export async function startFastcgi(path: string): Promise<SocketServer> {
  const server = createSocketServer((socket) => {
    let data = Buffer.alloc(0)
    let parameters = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      data = Buffer.concat([data, chunk])
      while (data.length >= 8 && data.length >= 8 + data.readUInt16BE(4) + data.readUInt8(6)) {
        const [type, length, padding] = [data.readUInt8(1), data.readUInt16BE(4), data.readUInt8(6)]
        const content = data.subarray(8, 8 + length)
        data = data.subarray(8 + length + padding)
        if (type === 4) parameters = Buffer.concat([parameters, content])
        if (type === 5 && length === 0) socket.end(answer(JSON.stringify(readParameters(parameters))))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return server
}

function readParameters(bytes: Buffer): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  let at = 0
  const length = () => {
    const first = bytes.readUInt8(at)
    const isLong = first > 127
    const value = isLong ? bytes.readUInt32BE(at) % 2 ** 31 : first
    at += isLong ? 4 : 1
    return value
  }
  while (at < bytes.length) {
    const [name, value] = [length(), length()]
    found[bytes.toString('utf8', at, at + name)] = bytes.toString('utf8', at + name, at + name + value)
    at += name + value
  }
  return found
}

function answer(body: string): Buffer {
  const text = Buffer.from(`Content-Type: application/json\r\n\r\n${body}`)
  const record = (type: number, content: Buffer) => {
    const head = Buffer.from([1, type, 0, 1, 0, 0, 0, 0])
    head.writeUInt16BE(content.length, 4)
    return Buffer.concat([head, content])
  }
  return Buffer.concat([record(6, text), record(6, Buffer.alloc(0)), record(3, Buffer.alloc(8))])
}
