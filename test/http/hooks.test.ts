import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createJudge } from '../../controller/forge/judge.ts'
import { type HookServer, type HookServerDependencies, startHookServer } from '../../controller/http/hooks.ts'
import type { HookSeen } from '../../controller/model/hook.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { signed } from '../forge/sign.ts'

const secret = 'a secret of some length'
const log = { debug() {}, info() {}, warn() {}, error() {} }
const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', after: 'b'.repeat(40) }))
const headers = signed('github', body, { secret, nowSeconds: 1000 })

let seen: HookSeen[]
let judged: number
let server: HookServer

async function start(changes: Partial<HookServerDependencies> = {}): Promise<HookServer> {
  const judge = createJudge({ provider: 'github', branch: 'main', secrets: () => [new Secret(secret)], nowSeconds: () => 1000 })
  return startHookServer({
    listen: { host: '127.0.0.1', port: 0 },
    provider: 'github',
    proxies: [],
    limits: { perSource: 1000, inAll: 1000 },
    judge(given, bytes) {
      judged += 1
      return judge(given, bytes)
    },
    onSeen: (one) => void seen.push(one),
    log,
    ...changes,
  })
}

beforeEach(async () => {
  seen = []
  judged = 0
  server = await start()
})
afterEach(() => server[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  readonly body: string
  readonly connection: string
}

function send(given: Readonly<Record<string, string>>, bytes: Buffer, { method = 'POST', path = '/hooks/github' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers: given }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          connection: String(response.headers.connection),
        }),
      )
    })
    sent.once('error', reject)
    sent.end(bytes)
  })
}

/** What the server says to these bytes until it closes the connection. */
async function sendRaw(...parts: readonly string[]): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  let said = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text
  })
  for (const part of parts) socket.write(part, 'latin1')
  await once(socket, 'close')
  return said
}

it('takes a push and says so, once', async () => {
  expect(await send(headers, body)).toMatchObject({ status: 202, body: '{"result":"accepted","message":"the branch main is read now"}' })
  expect(await send(headers, body)).toMatchObject({
    status: 200,
    body: '{"result":"replayed","message":"this delivery was taken already"}',
  })
  expect(seen.map(({ result }) => result)).toEqual(['accepted', 'replayed'])
  expect(seen[0]).toEqual({
    result: 'accepted',
    message: 'the branch main is read now',
    source: '127.0.0.1',
    delivery: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    push: { branch: 'main', commit: 'b'.repeat(40) },
  })
})

it('says the same to a signature that is missing and to one that is wrong', async () => {
  const missing = await send({}, body)
  const wrong = await send(signed('github', body, { secret: 'somebody elses secret', nowSeconds: 1000 }), body)
  expect(missing.status).toBe(401)
  expect(wrong.status).toBe(401)
  expect([missing, wrong].map((answer) => JSON.parse(answer.body).message)).toEqual(Array(2).fill('the signature is missing or wrong'))
  expect(seen.map(({ result }) => result)).toEqual(['unsigned', 'wrongSignature'])
})

it('does not wait for the body of a request without a signature', async () => {
  const said = await sendRaw('POST /hooks/github HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nonly this')
  expect(said).toMatch(/^HTTP\/1\.1 401 /)
  expect(judged).toBe(0)
})

it('refuses a body that says that it is too large, and one that turns out to be', async () => {
  const large = Buffer.alloc(1_048_577, 'x')
  const mine = signed('github', large, { secret, nowSeconds: 1000 })
  expect((await send({ ...mine, 'content-length': String(large.length) }, large)).status).toBe(413)
  const lines = Object.entries(mine).map(([name, value]) => `${name}: ${value}\r\n`)
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const said = await sendRaw(
    `POST /hooks/github HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${lines.join('')}\r\n`,
    ...Array(20).fill(chunk),
  )
  expect(said).toMatch(/^HTTP\/1\.1 413 /)
  expect(judged).toBe(0)
  expect(seen.map(({ result }) => result)).toEqual(['tooLarge', 'tooLarge'])
})

it.each([
  ['GET', '/hooks/github'],
  ['PUT', '/hooks/github'],
  ['POST', '/hooks/gitlab'],
  ['POST', '/hooks/github/'],
  ['POST', '/'],
  ['GET', '/metrics'],
  ['GET', '/api/v1/status'],
  ['POST', '/api/v1/reconcile'],
])('%s %s is nothing here', async (method, path) => {
  expect((await send(headers, method === 'GET' ? Buffer.alloc(0) : body, { method, path })).status).toBe(404)
  expect(seen.map(({ result }) => result)).toEqual(['notFound'])
})

it.each([
  ['no HTTP', 'hello\r\n\r\n'],
  ['two lengths', 'POST /hooks/github HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  ['a length and chunks', 'POST /hooks/github HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  [
    'a chunk of no length',
    `POST /hooks/github HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nx-hub-signature-256: ${headers['x-hub-signature-256']}\r\n\r\nzz\r\n`,
  ],
  ['headers without end', `POST /hooks/github HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`],
])('%s is refused, and the connection closed', async (_name, text) => {
  expect(await sendRaw(text)).toMatch(/^HTTP\/1\.1 (400|431) /)
  expect(new Set(seen.map(({ result }) => result))).toEqual(new Set(['malformed']))
  expect(judged).toBe(0)
})

describe('limits', () => {
  it('one source has its own, and all together have one', async () => {
    await using limited = await start({ limits: { perSource: 3, inAll: 5 }, proxies: ['127.0.0.0/8'] })
    await server[Symbol.asyncDispose]()
    server = limited
    const from = (address: string) => send({ ...headers, 'x-forwarded-for': address }, body)
    const statusesOf = async (...addresses: readonly string[]) => {
      const statuses: number[] = []
      for (const address of addresses) statuses.push((await from(address)).status)
      return statuses
    }
    expect(await statusesOf(...Array(5).fill('192.0.2.1'))).toEqual([202, 200, 200, 429, 429])
    // Another address, and one of IPv6 whose neighbours are the same source; what a source was refused does not count for all.
    expect(await statusesOf('192.0.2.2', '2001:db8::1', '2001:db8::2', '192.0.2.3')).toEqual([200, 200, 429, 429])
    expect(seen.at(-1)?.source).toBe('192.0.2.3')
  })

  it('X-Forwarded-For is believed of no one who is not named, and never as anything but an address', async () => {
    await send({ ...headers, 'x-forwarded-for': '192.0.2.1' }, body)
    expect(seen[0]?.source).toBe('127.0.0.1')
    await using behind = await start({ proxies: ['127.0.0.1'] })
    await server[Symbol.asyncDispose]()
    server = behind
    await send({ ...headers, 'x-forwarded-for': '"><script>, 2001:db8:1::7' }, body)
    await send({ ...headers, 'x-forwarded-for': 'not an address' }, body)
    expect(seen.slice(1).map(({ source }) => source)).toEqual(['2001:db8:1::7', 'unknown'])
  })
})
