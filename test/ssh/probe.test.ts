import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NetworkProbe } from '../../controller/model/primitive.ts'
import type { SshHost } from '../../controller/ssh/host.ts'
import { hostOf } from './connecting.ts'
import { freePort } from './free-port.ts'
import { type Sshd, startSshd } from './sshd.ts'
import { startProxy } from './tcp-proxy.ts'

let sshd: Sshd
let host: SshHost
let webPort: number
let mutePort: number
let tlsPort: number

const web = createServer({ insecureHTTPParser: false }, (request, response) => {
  if (request.headers.host === 'moved.example') return void response.writeHead(308, { location: '/x' }).end()
  if (request.url === '/huge') return void response.end('x'.repeat(3_000_000))
  response.end(`Hello from ${request.headers.host}${request.url}`)
})
const certificate = ['-keyout', '-', '-out', '-', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=none']
const pem = execFileSync('openssl', ['req', '-x509', ...certificate], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
const secure = createTlsServer({ key: pem, cert: pem }, (request, response) => {
  const { servername } = request.socket as TLSSocket & { readonly servername: string | false }
  response.end(`Hello ${request.headers.host} by ${servername}`)
})
// Takes connections and never says a word, like a hung daemon.
const mute = createTcpServer((socket) => {
  let halfClosed = false
  socket.on('error', () => socket.destroy())
  socket.on('end', () => {
    halfClosed = true
  })
  socket.on('data', (chunk) => {
    if (chunk.toString().includes('/lies')) socket.write('\u0000not http\r\n\r\n')
    if (chunk.toString().includes('/cut')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')
    if (chunk.toString().includes('/slow')) setTimeout(() => socket.end(`HTTP/1.1 200 OK\r\n\r\nclosed early: ${halfClosed}`), 300)
  })
})

beforeAll(async () => {
  for (const server of [web, mute, secure]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  webPort = (web.address() as AddressInfo).port
  mutePort = (mute.address() as AddressInfo).port
  tlsPort = (secure.address() as AddressInfo).port
  sshd = await startSshd()
  host = hostOf(sshd)
})
afterAll(async () => {
  await host?.[Symbol.asyncDispose]()
  await sshd?.stop()
  web.close()
  mute.close()
  secure.close()
})

function get(port: number, path: string, changes: Partial<Extract<NetworkProbe, { type: 'http' }>> = {}): NetworkProbe {
  return { type: 'http', host: '127.0.0.1', port, path, hostHeader: 'app.example', expectStatus: [200], ...changes }
}

describe('questions asked from the hypervisor', () => {
  const cases: readonly { readonly name: string; readonly probe: () => NetworkProbe; readonly ok: boolean; readonly says: RegExp }[] = [
    { name: 'an open port accepts', probe: () => ({ type: 'tcp', host: '127.0.0.1', port: webPort }), ok: true, says: /accepts/ },
    { name: 'a closed port refuses', probe: () => ({ type: 'tcp', host: '127.0.0.1', port: 1 }), ok: false, says: /:1 refuses from he1/ },
    { name: 'a new connection is let in', probe: () => ({ type: 'newConnection' }), ok: true, says: /was let in/ },
    {
      name: 'the page of a host name is seen',
      probe: () => get(webPort, '/a?b', { expectBody: 'Hello from app.example/a?b' }),
      ok: true,
      says: /answers 200/,
    },
    {
      name: 'another status is told',
      probe: () => get(webPort, '/', { hostHeader: 'moved.example' }),
      ok: false,
      says: /answers 308, wanted 200/,
    },
    {
      name: 'a redirect can be what is wanted',
      probe: () => get(webPort, '/', { hostHeader: 'moved.example', expectStatus: [301, 308] }),
      ok: true,
      says: /308/,
    },
    {
      name: 'a missing word is told with what came',
      probe: () => get(webPort, '/', { expectBody: 'Bye' }),
      ok: false,
      says: /without "Bye": "Hello/,
    },
    {
      name: 'an endless page is read no further than needed',
      probe: () => get(webPort, '/huge', { expectBody: 'xxx' }),
      ok: true,
      says: /200/,
    },
    {
      name: 'a page is seen by TLS, asked for by its name, whoever signed the certificate',
      probe: () => get(tlsPort, '/', { tls: true, expectBody: 'Hello app.example by app.example' }),
      ok: true,
      says: /^https:.* answers 200/,
    },
    {
      name: 'an address is asked by TLS without a name',
      probe: () => get(tlsPort, '/', { tls: true, hostHeader: '127.0.0.1', expectBody: 'by false' }),
      ok: true,
      says: /200/,
    },
    { name: 'a plain server that is asked by TLS is an answer of no', probe: () => get(webPort, '/', { tls: true }), ok: false, says: /./ },
    { name: 'an answer that is not HTTP is an answer of no', probe: () => get(mutePort, '/lies'), ok: false, says: /Parse Error/ },
    { name: 'an answer that breaks off is an answer of no', probe: () => get(mutePort, '/cut'), ok: false, says: /cut|aborted|closed/ },
    {
      name: 'the write side stays open until the answer came',
      probe: () => get(mutePort, '/slow', { expectBody: 'closed early: false' }),
      ok: true,
      says: /200/,
    },
  ]
  for (const { name, probe, ok, says } of cases) {
    it(name, async () => {
      const answer = await host.ask(probe(), 5000)
      expect(answer).toEqual({ ok, message: expect.stringMatching(says) })
    })
  }

  it('a server that hangs is given up at the deadline', async () => {
    expect(await host.ask(get(mutePort, '/', { tls: true }), 200)).toMatchObject({ ok: false })
    expect(await host.ask(get(mutePort, '/'), 200)).toEqual({ ok: false, message: expect.stringContaining('within 200 ms') })
  })

  it('a host that cannot be reached is an answer, not an exception', async () => {
    await using gone = hostOf(sshd, { settings: { ports: [await freePort()] } })
    expect(await gone.ask(get(webPort, '/'), 2000)).toEqual({ ok: false, message: expect.stringContaining('does not answer') })
  })

  it('a connection that went dead is given up at the deadline', async () => {
    await using proxy = await startProxy(sshd.port)
    await using dead = hostOf(sshd, { settings: { ports: [proxy.port] } })
    await dead.ask({ type: 'tcp', host: '127.0.0.1', port: webPort }, 5000)
    proxy.blackHole()
    for (const probe of [get(webPort, '/'), { type: 'newConnection' } as const]) {
      expect((await dead.ask(probe, 300)).ok).toBe(false)
    }
  })

  it('a server that forbids forwarding is told apart from a port that refuses, with the setting to change', async () => {
    await using strict = await startSshd({ config: 'AllowTcpForwarding no' })
    await using forbidden = hostOf(strict)
    const answer = await forbidden.ask(get(webPort, '/'), 5000)
    expect(answer).toEqual({ ok: false, message: expect.stringContaining("set 'AllowTcpForwarding local'") })
  })
})
