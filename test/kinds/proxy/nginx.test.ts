import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../ssh/free-port.ts'
import { startEcho, startFastcgi } from './backends.ts'
import { containers, proxyOf } from './fleets.ts'
import { type Answer, ask, makeCertificate, makeSite, type Question, startNginx, treeOf, writeConfig } from './local-nginx.ts'

// One real nginx of this machine with everything that the kind can say, asked on the loopback.
const stack = new AsyncDisposableStack()
const site = stack.use(
  makeSite({
    'challenges/.well-known/acme-challenge/token': 'answered',
    'www/index.html': 'start',
    'www/app.html': 'the app',
    'www/x.php': '',
    'www/docs/readme.htm': 'read me',
    'www/up/x.php': 'source',
    'www/a $b.html': 'dollar',
    'admin/index.php': '',
  }),
)
let http: number
let https: number
let both: number
let modern: number

beforeAll(async () => {
  ;[http, https, both, modern] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const [one, two] = [await startEcho('one'), await startEcho('two')]
  const fastcgi = await startFastcgi(site.path('fpm.sock'))
  for (const server of [one.server, two.server, fastcgi]) stack.defer(() => void server.close())
  for (const name of ['app', 'other']) makeCertificate(site, name)
  const tree = Object.entries(treeOf(fleet(one.port, two.port, await freePort())))
  const here = tree.map(([name, text]) => [name, text.replaceAll('/var/log/', `${site.folder}/`)])
  stack.use(await startNginx(site, Object.fromEntries(here)))
})
afterAll(() => stack.disposeAsync())

function fleet(one: number, two: number, nobody: number): string {
  const listen = `listen: {http: ${http}, https: ${https}, addresses: [127.0.0.1]}`
  const plain = `listen: {http: ${http}, addresses: [127.0.0.1]}`
  const tls = (name: string, more = '') => `tls: {certificate: ${site.path(`${name}.crt`)}, key: ${site.path(`${name}.key`)}${more}}`
  const trusting = `[
  {name: app, serverNames: [app.test], ${listen},
   ${tls('app', `, challengeRoot: ${site.path('challenges')}, hsts: {maxAge: 365d, includeSubDomains: true}`)},
   upstream: {keepalive: 8, servers: [{address: 127.0.0.1, port: ${one}, weight: 3}, {address: 127.0.0.1, port: ${two}}]},
   accessLog: {server: /var/log/access.log, format: Json},
   headers: {request: {X-Site: 'a "b"; $$5 $host \\', Accept-Encoding: ""}, hide: [X-Powered-By], set: {X-A: "1"}},
   locations: [
    {path: /api/, upstream: {servers: [{address: 127.0.0.1, port: ${two}}]}},
    {path: /old, match: Exact, redirect: {to: 'https://else.test/new?a=$b";', status: 301}},
    {path: /self, redirect: {to: /there, status: 307}}]},
  {name: site, serverNames: [site.test], ${plain}, root: ${site.path('www')}, index: [index.php, index.html], fallback: /app.html,
   locations: [
    {path: .php, match: Suffix, fastcgi: {socket: ${site.path('fpm.sock')}}},
    {path: /docs/, root: ${site.path('www')}, index: [readme.htm]},
    {path: /up/, root: ${site.path('www')}},
    {path: /spa/, root: ${site.path('www')}, fallback: "/a $b.html"},
    {path: /admin/, fastcgi: {socket: ${site.path('fpm.sock')}, script: ${site.path('admin/index.php')}}}]},
  {name: moved, serverNames: [old.test], ${plain}, redirect: {to: "https://www.test/", keepPath: true, status: 302}},
  {name: slow, serverNames: [slow.test], ${plain}, root: ${site.path('www')}, limits: {requests: {rate: 1r/m, burst: 1}, connections: 5}},
  {name: modern, serverNames: [modern.test], listen: {http: ${http}, https: ${modern}, addresses: [127.0.0.1]},
   ${tls('app', ', profile: Modern')}, root: ${site.path('www')}},
  {name: same, serverNames: [same.test], ${plain},
   upstream: {balance: ClientAddress, servers: [{address: 127.0.0.1, port: ${one}}, {address: 127.0.0.1, port: ${two}}]}},
  {name: spare, serverNames: [spare.test], ${plain},
   upstream: {balance: LeastConnections, servers: [{address: 127.0.0.1, port: ${nobody}}, {address: 127.0.0.1, port: ${two}, backup: true}]}},
  {name: hung, serverNames: [hung.test], ${plain}, limits: {read: 1s}, upstream: {servers: [{address: 127.0.0.1, port: ${one}}]}},
  {name: busy, serverNames: [busy.test], ${plain}, limits: {connections: 1}, upstream: {servers: [{address: 127.0.0.1, port: ${one}}]}},
  {name: small, serverNames: [small.test], ${plain}, upstream: {servers: [{address: 127.0.0.1, port: ${one}}]}, limits: {bodySize: "4", client: 5s}}]`
  const strict = `[
  {name: plain, serverNames: [both.test], listen: {http: ${both}, https: ${https}, addresses: [127.0.0.1]}, ${tls('other', ', redirect: false')},
   upstream: {servers: [{address: 127.0.0.1, port: ${one}}]}, headers: {host: Upstream}},
  {name: rest, default: true, listen: {http: ${both}, addresses: [127.0.0.1]}, respond: {status: 404, body: nobody}}]`
  const trusted = '  trustedProxies: {addresses: [127.0.0.0/8]}\n'
  const indented = (text: string) => text.replaceAll('\n', '\n    ')
  return containers + proxyOf(indented(trusting), trusted) + proxyOf(indented(strict), '', 'other')
}

/** What the upstream was asked. */
async function echoed(
  question: Question,
): Promise<{ readonly name: string; readonly url: string; readonly headers: Record<string, string> }> {
  return JSON.parse((await ask(question)).body)
}

const app = { host: 'app.test', tls: {} } as const

describe('TLS', () => {
  test('a vhost answers with its own certificate, by TLS 1.2 and 1.3, and tells browsers to stay', async () => {
    const answer = await ask({ ...app, port: https })
    expect(answer).toMatchObject({ status: 200, certificate: 'app', protocol: 'TLSv1.3' })
    expect(answer.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains')
    expect(await ask({ ...app, port: https, tls: { maxVersion: 'TLSv1.2' } })).toMatchObject({ protocol: 'TLSv1.2' })
    expect(await ask({ host: 'both.test', port: https, tls: {} })).toMatchObject({ status: 200, certificate: 'other' })
  })

  test('the profile Modern takes TLS 1.3 alone', async () => {
    const question = { host: 'modern.test', port: modern, path: '/app.html' }
    expect(await ask({ ...question, tls: {} })).toMatchObject({ status: 200, protocol: 'TLSv1.3' })
    await expect(ask({ ...question, tls: { maxVersion: 'TLSv1.2' } })).rejects.toThrow()
  })

  test('plain HTTP is sent on to the port of HTTPS with path and query, but for challenges', async () => {
    const answer = await ask({ host: 'app.test', port: http, path: '/a%20b?c=d' })
    expect([answer.status, answer.headers.location]).toEqual([308, `https://app.test:${https}/a%20b?c=d`])
    expect(await ask({ host: 'app.test', port: http, path: '/.well-known/acme-challenge/token' })).toMatchObject({ body: 'answered' })
    expect(await ask({ host: 'app.test', port: http, path: '/.well-known/acme-challenge/none' })).toMatchObject({ status: 404 })
  })

  test('without redirect the same is served on both ports', async () => {
    expect((await echoed({ host: 'both.test', port: both })).headers['x-forwarded-proto']).toBe('http')
    expect((await echoed({ host: 'both.test', port: https, tls: {} })).headers['x-forwarded-proto']).toBe('https')
  })

  test('a stranger is refused by TLS as without', async () => {
    await expect(ask({ host: 'stranger.test', port: https, tls: {} })).rejects.toThrow()
    await expect(ask({ host: 'stranger.test', port: http })).rejects.toThrow()
  })

  test('HTTP/2 is offered', async () => {
    const words = ['s_client', '-connect', `127.0.0.1:${https}`, '-servername', 'app.test', '-alpn', 'h2,http/1.1']
    expect(execFileSync('openssl', words, { input: '', encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] })).toContain(
      'ALPN protocol: h2',
    )
  })
})

test('a default vhost answers to all other names of its port', async () => {
  expect(await ask({ host: 'stranger.test', port: both })).toMatchObject({ status: 404, body: 'nobody' })
})

describe('what is passed on', () => {
  test('goes to the servers by their weight', async () => {
    const names = []
    for (let times = 0; times < 8; times++) names.push((await echoed({ ...app, port: https })).name)
    expect(names.filter((name) => name === 'one')).toHaveLength(6)
    expect(names.filter((name) => name === 'two')).toHaveLength(2)
  })

  test('goes to the same server for the same client, and to a spare one where the others fail', async () => {
    const names = new Set<string>()
    for (let times = 0; times < 6; times++) names.add((await echoed({ host: 'same.test', port: http })).name)
    expect(names.size).toBe(1)
    expect((await echoed({ host: 'spare.test', port: http })).name).toBe('two')
  })

  test('goes to the servers of a location, with the same headers', async () => {
    const { name, url, headers } = await echoed({ ...app, port: https, path: '/api/x?y' })
    expect({ name, url }).toEqual({ name: 'two', url: '/api/x?y' })
    expect(headers).toMatchObject({ host: 'app.test', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.test' })
  })

  test('carries the headers that were asked for, as they were written, and without those that were emptied', async () => {
    const { headers } = await echoed({ ...app, port: https, headers: { 'accept-encoding': 'gzip' } })
    expect(headers['x-site']).toBe('a "b"; $5 app.test \\')
    expect(headers).not.toHaveProperty('accept-encoding')
  })

  test('comes back without the headers to hide, and with those to set', async () => {
    const answer = await ask({ ...app, port: https })
    expect(answer.headers).not.toHaveProperty('x-powered-by')
    expect(answer.headers['x-a']).toBe('1')
  })

  test('names the client that a trusted proxy tells, and of nobody else', async () => {
    const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.7' }
    const believed = await echoed({ ...app, port: https, headers })
    expect(believed.headers).toMatchObject({ 'x-real-ip': '203.0.113.7', 'x-forwarded-for': '203.0.113.7' })
    const disbelieved = await echoed({ host: 'both.test', port: both, headers })
    expect(disbelieved.headers).toMatchObject({ 'x-real-ip': '127.0.0.1', 'x-forwarded-for': '127.0.0.1' })
  })

  test('names the upstream by its address where the client’s name is not passed on', async () => {
    expect((await echoed({ host: 'both.test', port: both })).headers['host']).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  test('may be a websocket', async () => {
    const hello = await new Promise<string>((resolve, reject) => {
      const socket = connect(both, '127.0.0.1')
      let said = ''
      socket.setEncoding('utf8').on('data', (text: string) => (said += text))
      socket.once('error', reject).once('close', () => resolve(said))
      socket.write('GET /chat HTTP/1.1\r\nHost: both.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    })
    expect(hello).toMatch(/^HTTP\/1\.1 101 /)
    expect(hello).toMatch(/one hello$/)
  })

  test('is logged as JSON, whatever the client says of itself', async () => {
    const agent = 'x","status":"999 \\ \u00e9'
    await ask({ ...app, port: https, path: '/logged', headers: { 'user-agent': agent, 'x-forwarded-for': '203.0.113.9' } })
    const lines = () => readFileSync(site.path('access.log'), 'utf8').trim().split('\n')
    await expect.poll(() => lines().find((line) => line.includes('/logged')) ?? '').not.toBe('')
    const line = JSON.parse(lines().find((one) => one.includes('/logged')) ?? '')
    expect(line).toMatchObject({ status: '200', method: 'GET', uri: '/logged', client: '203.0.113.9', host: 'app.test' })
  })
})

describe('redirects', () => {
  const cases: readonly (readonly [string, () => Question, number, () => string])[] = [
    ['of one path', () => ({ ...app, port: https, path: '/old' }), 301, () => 'https://else.test/new?a=$b";'],
    ['within the host', () => ({ ...app, port: https, path: '/self/x' }), 307, () => `https://app.test:${https}/there`],
    ['of a vhost with its path', () => ({ host: 'old.test', port: http, path: '/a?b=c' }), 302, () => 'https://www.test/a?b=c'],
    [
      'of a path that looks like a host',
      () => ({ host: 'old.test', port: http, path: '//evil.test/' }),
      302,
      () => 'https://www.test//evil.test/',
    ],
  ]
  test.each(cases)('%s', async (_name, question, status, location) => {
    const answer = await ask(question())
    expect([answer.status, answer.headers.location]).toEqual([status, location()])
  })

  test('of an exact path leave those below alone', async () => {
    expect((await ask({ ...app, port: https, path: '/old/x' })).status).toBe(200)
  })
})

describe('files and scripts', () => {
  const at = (path: string): Promise<Answer> => ask({ host: 'site.test', port: http, path })

  test('a file, the file of a directory, and the fallback for what is not there', async () => {
    expect((await at('/app.html')).body).toBe('the app')
    expect((await at('/docs/')).body).toBe('read me')
    expect((await at('/no/such/page')).body).toBe('the app')
    expect((await at('/spa/x')).body).toBe('dollar')
  })

  test('a script is run by the FastCGI server with what it needs', async () => {
    const parameters = JSON.parse((await at('/x.php?q=1')).body)
    expect(parameters).toMatchObject({
      SCRIPT_FILENAME: site.path('www/x.php'),
      SCRIPT_NAME: '/x.php',
      QUERY_STRING: 'q=1',
      REQUEST_METHOD: 'GET',
      REMOTE_ADDR: '127.0.0.1',
      REDIRECT_STATUS: '200',
    })
    expect(parameters).not.toHaveProperty('HTTPS')
  })

  test('a header Proxy does not become the variable of programs', async () => {
    const answer = await ask({ host: 'site.test', port: http, path: '/x.php', headers: { proxy: 'http://evil.test' } })
    expect(JSON.parse(answer.body)['HTTP_PROXY'] ?? '').toBe('')
  })

  test('what is no script is never run as one: a path behind a file, and a script below a prefix', async () => {
    expect((await at('/app.html/x.php')).status).toBe(404)
    expect((await at('/none.php')).status).toBe(404)
    expect((await at('/up/x.php')).body).toBe('source')
  })

  test('one script may answer all below a path', async () => {
    const parameters = JSON.parse((await at('/admin/any/thing?a=b')).body)
    expect(parameters).toMatchObject({
      SCRIPT_FILENAME: site.path('admin/index.php'),
      SCRIPT_NAME: '/index.php',
      REQUEST_URI: '/admin/any/thing?a=b',
    })
  })
})

describe('limits', () => {
  test('one client is answered 429 where it asks too often, and others are not', async () => {
    const question = { host: 'slow.test', port: http, path: '/app.html' }
    const statuses = [await ask(question), await ask(question), await ask(question)].map(({ status }) => status)
    expect(statuses).toEqual([200, 200, 429])
    expect((await ask({ ...question, headers: { 'x-forwarded-for': '203.0.113.50' } })).status).toBe(200)
  })

  test('one client is answered 429 where it has too many connections at work', async () => {
    const socket = connect(http, '127.0.0.1')
    await new Promise((resolve) => socket.write('POST / HTTP/1.1\r\nHost: busy.test\r\nContent-Length: 10\r\n\r\nx', resolve))
    const status = async () => (await ask({ host: 'busy.test', port: http })).status
    await expect.poll(status).toBe(429)
    socket.destroy()
    await expect.poll(status).toBe(200)
  })

  test('an upstream that stays silent for too long is given up', async () => {
    expect((await ask({ host: 'hung.test', port: http, path: '/silent' })).status).toBe(504)
  })

  test('a body that is too large is refused', async () => {
    const answer = await ask({ host: 'small.test', port: http, headers: { 'content-length': '5' } })
    expect(answer.status).toBe(413)
  })
})

test.each(['edge', 'static', 'two-proxies', 'hostile', 'full'])('nginx takes the rendered fleet %s without a warning', (name) => {
  using own = makeSite()
  for (const one of ['app', 'both']) makeCertificate(own, one)
  const yaml = readFileSync(join(import.meta.dirname, `golden/${name}.yaml`), 'utf8')
  const tree = Object.entries(treeOf(yaml)).map(([file, text]) => [file, text.replaceAll('/etc/ssl/', `${own.folder}/`)])
  const config = writeConfig(own, Object.fromEntries(tree))
  const script = 'ip address add 192.168.9.2/24 dev lo; ip link set lo up; exec nginx -t -c "$1" -e "$2" 2>&1'
  const said = execFileSync('unshare', ['-n', 'sh', '-c', script, 'sh', config, own.path('error.log')], { encoding: 'utf8' })
  expect(said).toContain('test is successful')
  expect(said).not.toMatch(/\[(warn|emerg)\]/)
})
