import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../ssh/free-port.ts'
import { startEcho } from './backends.ts'
import { apacheOf, containers } from './fleets.ts'
import { startApache, writeApache } from './local-apache.ts'
import { ask, makeCertificate, makeSite, type Question } from './local-nginx.ts'

// One real httpd of this machine with everything that the kind says to it, asked on the loopback.
const stack = new AsyncDisposableStack()
const site = stack.use(
  makeSite({ 'challenges/.well-known/acme-challenge/token': 'answered', 'www/index.html': 'start', 'www/app.html': 'the app' }),
)
let http: number
let https: number
let free: number

beforeAll(async () => {
  ;[http, https, free] = [await freePort(), await freePort(), await freePort()]
  const [one, two] = [await startEcho('one'), await startEcho('two')]
  for (const { server } of [one, two]) stack.defer(() => void server.close())
  for (const name of ['app', 'other']) makeCertificate(site, name)
  stack.use(await startApache(site, fleet(one.port, two.port, await freePort())))
})
afterAll(() => stack.disposeAsync())

const hostile = `a "b"; </VirtualHost> \\ %{HTTP_HOST}e $$\{PATH} $$5 %h \\n # <`

function fleet(one: number, two: number, nobody: number): string {
  const plain = `listen: {http: ${http}, addresses: [127.0.0.1]}`
  const listen = `listen: {http: ${http}, https: ${https}, addresses: [127.0.0.1]}`
  const tls = (name: string, more = '') => `tls: {certificate: ${site.path(`${name}.crt`)}, key: ${site.path(`${name}.key`)}${more}}`
  const up = (port: number, more = '') => `upstream: {servers: [{address: 127.0.0.1, port: ${port}}]${more}}`
  return `${containers}${apacheOf(`[
      {name: app, serverNames: [app.test, "*.apps.test"], ${listen}, ${tls('app', `, challengeRoot: ${site.path('challenges')}, hsts: {maxAge: 365d}`)},
       upstream: {servers: [{address: 127.0.0.1, port: ${one}, weight: 3}, {address: 127.0.0.1, port: ${two}}]},
       accessLog: {server: /var/log/access.log},
       headers: {request: {X-Site: '${hostile}', Accept-Encoding: ""}, hide: [X-Powered-By], set: {X-A: '${hostile}'}}},
      {name: one, serverNames: [one.apps.test], ${plain}, ${up(two)}, headers: {forwardedFor: Append, host: Upstream}},
      {name: all, serverNames: [.test], ${plain}, respond: {status: 410}},
      {name: site, serverNames: [site.test], ${plain}, root: ${site.path('www')}, fallback: /app.html},
      {name: moved, serverNames: [old.test], ${plain}, redirect: {to: "https://www.test/", keepPath: true, status: 302}},
      {name: there, serverNames: [there.test], ${plain}, redirect: {to: 'https://else.test/a%20$1?b=%1&c=\${PATH}";', status: 307}},
      {name: spare, serverNames: [spare.test], ${plain},
       upstream: {balance: LeastConnections, servers: [{address: 127.0.0.1, port: ${nobody}}, {address: 127.0.0.1, port: ${two}, backup: true}]}},
      {name: hung, serverNames: [hung.test], ${plain}, ${up(one)}, limits: {read: 1s}, websockets: false},
      {name: ves, ${plain}, wildcard: {suffix: ve.test, entries: {ve1: "127.0.0.1:${one}", ve-2: "127.0.0.1:${two}"}}},
      {name: both, serverNames: [both.test], ${listen}, ${tls('other', ', redirect: false')}, ${up(one)}}]`)}`
}

const app = { host: 'app.test', tls: {} } as const

/** What the upstream was asked. */
async function echoed(question: Question): Promise<{ name: string; url: string; headers: Record<string, string> }> {
  const answer = await ask(question)
  return JSON.parse(answer.body)
}

describe('names', () => {
  test.each([
    ['one.apps.test', 'two'],
    ['ONE.apps.test', 'two'],
  ])('a whole name wins against a wildcard that stands before it (%s)', async (host, name) => {
    expect((await echoed({ host, port: http })).name).toBe(name)
  })

  test('a longer wildcard wins against a shorter one, and the shorter takes the rest and its own name', async () => {
    expect((await ask({ host: 'x.apps.test', port: http })).status).toBe(308)
    expect((await ask({ host: 'x.y.test', port: http })).status).toBe(410)
    expect((await ask({ host: 'test', port: http })).status).toBe(410)
  })

  test('a stranger is answered 404, by TLS too', async () => {
    expect((await ask({ host: 'stranger.example', port: http })).status).toBe(404)
    expect((await ask({ host: 'stranger.example', port: https, tls: {} })).status).toBe(404)
  })
})

describe('TLS', () => {
  test('a vhost answers with its own certificate, by TLS 1.2 and 1.3, and tells browsers to stay', async () => {
    const answer = await ask({ ...app, port: https })
    expect(answer).toMatchObject({ status: 200, certificate: 'app', protocol: 'TLSv1.3' })
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000')
    expect(await ask({ ...app, port: https, tls: { maxVersion: 'TLSv1.2' } })).toMatchObject({ protocol: 'TLSv1.2' })
    expect(await ask({ host: 'both.test', port: https, tls: {} })).toMatchObject({ status: 200, certificate: 'other' })
    expect((await echoed({ host: 'both.test', port: http })).headers['x-forwarded-proto']).toBe('http')
  })

  test('plain HTTP is sent on with path and query as they were written, but for challenges', async () => {
    const answer = await ask({ host: `app.test:${http}`, port: http, path: '/a%20b%2Fc?c=d?e' })
    expect([answer.status, answer.headers.location]).toEqual([308, `https://app.test:${https}/a%20b%2Fc?c=d?e`])
    expect(await ask({ host: 'app.test', port: http, path: '/.well-known/acme-challenge/token' })).toMatchObject({ body: 'answered' })
    expect(await ask({ host: 'app.test', port: http, path: '/.well-known/acme-challenge/none' })).toMatchObject({ status: 404 })
  })
})

describe('what is passed on', () => {
  test('goes to the servers by their weight, and to a spare one where the others fail', async () => {
    const names = []
    for (let times = 0; times < 8; times++) names.push((await echoed({ ...app, port: https })).name)
    expect(names.filter((name) => name === 'one')).toHaveLength(6)
    expect((await echoed({ host: 'spare.test', port: http })).name).toBe('two')
  })

  test.each(['/a%2Fb', '/a%20b?c=%3F&d', '/%7B;%7D%22', '/ü'.normalize(), '/a//b/../c', '/%25'])('keeps the path %j', async (path) => {
    const written = encodeURI(path).replaceAll('%25', '%')
    expect((await echoed({ host: 'both.test', port: http, path: written })).url).toBe(written)
  })

  test('tells who asked, and nothing that a client says of itself', async () => {
    const headers = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-host': 'evil.test', 'x-real-ip': '6.6.6.6' }
    const { headers: seen } = await echoed({ ...app, port: https, headers })
    expect(seen).toMatchObject({ host: 'app.test', 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' })
    expect(seen).toMatchObject({ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.test' })
    const appended = await echoed({ host: 'one.apps.test', port: http, headers })
    expect(appended.headers['x-forwarded-for']).toBe('6.6.6.6, 127.0.0.1')
    expect(appended.headers['host']).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  test('carries headers as they were written, whatever they mean to httpd, and comes back so', async () => {
    const text = hostile.replaceAll('$$', '$')
    const { headers } = await echoed({ ...app, port: https, headers: { 'accept-encoding': 'gzip' } })
    expect(headers['x-site']).toBe(text)
    expect(headers).not.toHaveProperty('accept-encoding')
    const answer = await ask({ ...app, port: https })
    expect(answer.headers['x-a']).toBe(text)
    expect(answer.headers).not.toHaveProperty('x-powered-by')
  })

  test('may be a websocket, by name too, unless it shall not', async () => {
    expect(await upgraded('both.test')).toMatch(/^HTTP\/1\.1 101 .*one hello$/s)
    expect(await upgraded('ve-2.ve.test')).toMatch(/^HTTP\/1\.1 101 .*two hello$/s)
    expect(await upgraded('hung.test')).not.toMatch(/^HTTP\/1\.1 101 /)
  })

  test('is given up where the upstream stays silent for too long', async () => {
    expect((await ask({ host: 'hung.test', port: http, path: '/silent' })).status).toBe(502)
  })

  test('is logged', async () => {
    await ask({ ...app, port: https, path: '/logged' })
    await expect.poll(() => readFileSync(site.path('access.log'), 'utf8')).toMatch(/"GET \/logged HTTP\/1\.1" 200 /)
  })
})

function upgraded(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(http, '127.0.0.1')
    let said = ''
    socket.setEncoding('utf8').on('data', (text: string) => (said += text))
    socket.once('error', reject).once('close', () => resolve(said))
    socket.write(`GET /chat HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`)
  })
}

describe('names below a suffix', () => {
  const found: readonly (readonly [string, string, string])[] = [
    ['ve1.ve.test', '/', 'one'],
    ['VE1.ve.test:8080', '/', 'one'],
    ['ve-2.ve.test', '/a%2Fb%20c/?d=e?f', 'two'],
    ['ve1.ve.test', '/%0d%0aX-Evil:1', 'one'],
    ['ve1.ve.test', '/%3Fa', 'one'],
  ]
  test.each(found)('%s%s goes to its own server as it was written', async (host, path, name) => {
    expect(await echoed({ host, port: http, path })).toMatchObject({ name, url: path, headers: { host } })
  })

  test.each(['ve3.ve.test', 'a.ve1.ve.test', 'x.ve.test', 've_1.ve.test', 've1.ve.test.evil'])('%s goes nowhere', async (host) => {
    const answer = await ask({ host, port: http })
    expect([404, 410, 400]).toContain(answer.status)
    expect(answer.body).not.toContain('"name"')
  })

  test('no client chooses where it is passed on to', async () => {
    expect((await ask({ host: 've1.ve.test', port: http, path: 'http://127.0.0.1:1/x' })).status).toBe(404)
    expect(await echoed({ host: 've1.ve.test', port: http, path: 'http://ve1.ve.test/x' })).toMatchObject({ name: 'one', url: '/x' })
  })

  test('a new entry is served without a reload', async () => {
    const map = site.path('reeve-ves.map')
    const before = readFileSync(map, 'utf8')
    const port = /ve1 (\S+)/.exec(before)?.[1]
    expect((await ask({ host: 've9.ve.test', port: http })).status).toBe(404)
    writeFileSync(`${map}.new`, `${before}ve9 ${port}\n`)
    renameSync(`${map}.new`, map)
    await expect.poll(async () => (await ask({ host: 've9.ve.test', port: http })).status).toBe(200)
  })
})

describe('files and redirects', () => {
  test('a file, the file of a directory, and the fallback', async () => {
    expect((await ask({ host: 'site.test', port: http })).body).toBe('start')
    expect((await ask({ host: 'site.test', port: http, path: '/no/such' })).body).toBe('the app')
  })

  test.each([
    ['old.test', '/a%20b?b=c?d', 302, 'https://www.test/a%20b?b=c?d'],
    ['old.test', '//evil.test/', 302, 'https://www.test//evil.test/'],
    ['there.test', '/x?query', 307, `https://else.test/a%20$1?b=%1&c=\${PATH}";`],
  ])('%s%s is sent elsewhere', async (host, path, status, location) => {
    const answer = await ask({ host, port: http, path })
    expect([answer.status, answer.headers.location]).toEqual([status, location])
  })
})

test('a reload is proven by an answer that the old configuration could not give', async () => {
  using own = makeSite()
  const yaml = (status: number) =>
    `${containers}${apacheOf(`[{name: a, serverNames: [a.test], listen: {http: ${free}, addresses: [127.0.0.1]}, respond: {status: ${status}}}]`)}`
  const proof = async (text: string) => {
    const file = readFileSync(own.path('reeve/03-generation-edge.conf'), 'utf8')
    writeApache(own, text)
    const [, name = ''] = /ServerName (\S+)/.exec(file) ?? []
    return (await ask({ host: name, port: free })).body === /g-(\w+)\./.exec(name)?.[1]
  }
  await using apache = await startApache(own, yaml(404))
  expect(await proof(yaml(410))).toBe(true)
  expect(await proof(yaml(410))).toBe(false)
  await apache.reload()
  await expect.poll(() => proof(yaml(410))).toBe(true)
  expect((await ask({ host: 'a.test', port: free })).status).toBe(410)
})
