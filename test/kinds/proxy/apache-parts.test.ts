// Parts of vhosts, scripts, trusted proxies and limits on one real httpd of this machine, asked on the loopback.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { randomFrom } from '../../random.ts'
import { freePort } from '../../ssh/free-port.ts'
import { complaints, fleetOf } from '../fleet.ts'
import { startEcho, startFastcgi } from './backends.ts'
import { apacheOf, containers, proxyOf } from './fleets.ts'
import { judgeApache, startApache } from './local-apache.ts'
import { ask, makeSite, type Question } from './local-nginx.ts'
import { startPhp } from './local-php.ts'

const stack = new AsyncDisposableStack()
const site = stack.use(
  makeSite({
    'www/index.php':
      '<?php echo json_encode(["script" => $_SERVER["SCRIPT_NAME"], "uri" => $_SERVER["REQUEST_URI"], "query" => $_GET, "https" => $_SERVER["HTTPS"] ?? "off"]);',
    'www/info.php': '<?php echo "info ", file_get_contents("php://input");',
    'www/photo.jpg': '<?php echo "never";',
    'www/uploads/evil.php': '<?php echo "never";',
    'www/a b.txt': 'blank',
    'static/static/x.txt': 'x',
    'static/static/index.htm': 'start of static',
    'static/app.html': 'the app',
    'script/app.cgi': 'not served',
  }),
)
let port: number
let trustedPort: number

beforeAll(async () => {
  ;[port, trustedPort] = [await freePort(), await freePort()]
  const [one, two] = [await startEcho('one'), await startEcho('two')]
  for (const { server } of [one, two]) stack.defer(() => void server.close())
  const fcgi = await startFastcgi(site.path('echo.sock'))
  stack.defer(() => void fcgi.close())
  stack.use(await startPhp(site))
  for (const socket of ['fpm.sock', 'echo.sock']) chmodSync(site.path(socket), 0o777)
  mkdirSync(site.path('www/empty'))
  writeFileSync(site.path('www/big'), 'b'.repeat(100))
  stack.use(await startApache(site, fleet(one.port, two.port)))
})
afterAll(() => stack.disposeAsync())

function fleet(one: number, two: number): string {
  const plain = `listen: {http: ${port}, addresses: [127.0.0.1]}`
  const behind = `listen: {http: ${trustedPort}, addresses: [127.0.0.1]}`
  const up = (at: number) => `upstream: {servers: [{address: 127.0.0.1, port: ${at}}]}`
  const php = `{path: .php, match: Suffix, fastcgi: {socket: ${site.path('fpm.sock')}}}`
  return `${containers}${apacheOf(`[
      {name: app, serverNames: [app.test], ${plain}, ${up(one)}, headers: {set: {X-A: all, X-B: all}, hide: [X-Powered-By], request: {X-Site: all}},
       locations: [
         {path: /two, ${up(two)}, headers: {set: {x-b: two, X-C: ""}, request: {X-Site: two}}},
         {path: /two/back, ${up(one)}},
         {path: /two/exact, match: Exact, respond: {status: 410}, headers: {set: {X-A: ""}}},
         {path: /static, root: ${site.path('static')}, index: [index.htm]},
         {path: /spa, root: ${site.path('static')}, fallback: /app.html},
         {path: /app.html, match: Exact, root: ${site.path('static')}},
         {path: /gone, respond: {status: 451}},
         {path: /moved, redirect: {to: 'https://else.test/a%20$1"', status: 301}},
         {path: /kept, redirect: {to: 'https://else.test', keepPath: true}},
         {path: '/od d+(x)?"$/', respond: {status: 429}}]},
      {name: php, serverNames: [php.test], ${plain}, root: ${site.path('www')}, index: [index.php], fallback: /index.php,
       locations: [${php}, {path: /uploads/, root: ${site.path('www')}}], limits: {bodySize: 1Ki}},
      {name: cgi, serverNames: [cgi.test], ${plain}, ${up(one)}, limits: {read: 1s, client: 2s, bodySize: '10'},
       locations: [{path: /cgi, fastcgi: {socket: ${site.path('echo.sock')}, script: ${site.path('script/app.cgi')}}, headers: {request: {X-More: more}}}]}]`)}${proxyOf(
    `[{name: behind, serverNames: [behind.test], ${behind}, ${up(one)}},
           {name: appends, serverNames: [appends.test], ${behind}, ${up(one)}, headers: {forwardedFor: Append}}]`,
    '  provider: apache\n  trustedProxies: {addresses: [127.0.0.0/30, 10.0.0.0/8]}\n',
    'behind',
  )}`
}

const get = (host: string, path = '/', more: Partial<Question> = {}) => ask({ host, port, path, ...more })
const echoed = async (host: string, path: string) => JSON.parse((await get(host, path)).body)

describe('a part of a vhost', () => {
  test.each([
    ['/', 'one', '/'],
    ['/twofold?a=b', 'two', '/twofold?a=b'],
    ['/two/a%2Fb%20c', 'two', '/two/a%2Fb%20c'],
    ['/two/%3Fx?y=%3F', 'two', '/two/%3Fx?y=%3F'],
    ['/two/back/x', 'one', '/two/back/x'],
    ['/two/exactly', 'two', '/two/exactly'],
    ['/%74wo', 'two', '/%74wo'],
    ['//two', 'two', '//two'],
    ['/x/../two', 'two', '/x/../two'],
    ['/Two', 'one', '/Two'],
  ])('%s goes to %s as it was written', async (path, name, url) => {
    expect(await echoed('app.test', path)).toMatchObject({ name, url })
  })

  test.each([
    ['/two/exact', 410, ''],
    ['/two/exact?x', 410, ''],
    ['/static/x.txt', 200, 'x'],
    ['/static/', 200, 'start of static'],
    ['/static/none', 404, ''],
    ['/spa/what/ever', 200, 'the app'],
    ['/gone/x', 451, ''],
    ['/od%20d+(x)%3F%22$/', 429, ''],
  ])('%s is answered %i', async (path, status, body) => {
    const answer = await get('app.test', path)
    expect(answer.status).toBe(status)
    if (body !== '') expect(answer.body).toBe(body)
  })

  test.each([
    ['/moved/x?y', 301, 'https://else.test/a%20$1"'],
    ['/kept/a%20b?c=d', 308, 'https://else.test/kept/a%20b?c=d'],
  ])('%s is sent elsewhere', async (path, status, location) => {
    const answer = await get('app.test', path)
    expect([answer.status, answer.headers.location]).toEqual([status, location])
  })

  test('has headers of its own beside those of the vhost', async () => {
    const whole = await get('app.test')
    expect([whole.headers['x-a'], whole.headers['x-b'], JSON.parse(whole.body).headers['x-site']]).toEqual(['all', 'all', 'all'])
    const part = await get('app.test', '/two')
    expect([part.headers['x-a'], part.headers['x-b'], part.headers['x-c']]).toEqual(['all', 'two', undefined])
    expect(part.headers).not.toHaveProperty('x-powered-by')
    expect(JSON.parse(part.body).headers['x-site']).toBe('two')
    expect((await get('app.test', '/two/exact')).headers).not.toHaveProperty('x-a')
  })

  test('may be a websocket', async () => {
    expect(await upgraded('app.test', '/two')).toMatch(/^HTTP\/1\.1 101 .*two hello$/s)
    expect(await upgraded('app.test', '/')).toMatch(/^HTTP\/1\.1 101 .*one hello$/s)
  })

  test('is asked for as it is also by its whole URL, and nobody chooses another host so', async () => {
    expect(await echoed('app.test', 'http://app.test/two/x')).toMatchObject({ name: 'two', url: '/two/x' })
  })
})

function upgraded(host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let said = ''
    socket.setEncoding('utf8').on('data', (text: string) => (said += text))
    socket.once('error', reject).once('close', () => resolve(said))
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`)
  })
}

describe('scripts', () => {
  test.each([
    ['/', { script: '/index.php', uri: '/', query: [] }],
    ['/index.php?a=b', { script: '/index.php', uri: '/index.php?a=b', query: { a: 'b' } }],
    ['/no/such?a=b', { script: '/index.php', uri: '/no/such?a=b', query: { a: 'b' } }],
  ])('%s is answered by the real PHP', async (path, expected) => {
    expect(JSON.parse((await get('php.test', path)).body)).toMatchObject(expected)
  })

  test.each(['/photo.jpg/x.php', '/photo.jpg', '/uploads/evil.php', '/uploads/evil.php/x.php', '/none.php', '/uploads/x.php'])(
    '%s runs nothing',
    async (path) => {
      const { body } = await get('php.test', path)
      expect(body).not.toMatch(/^never|^info/)
    },
  )

  test.each(['/index.php/', '/index.php/x', '/index.php/x.php', '/index.php//', '/index.php%2Fx.php', '/INDEX.PHP'])(
    '%s does not show what a script is',
    async (path) => {
      const { body, status } = await get('php.test', path)
      expect(body).not.toContain('<?php')
      expect([200, 404]).toContain(status)
    },
  )

  test('files beside them are files, whatever their name', async () => {
    expect((await get('php.test', '/a%20b.txt')).body).toBe('blank')
    expect((await get('php.test', '/photo.jpg')).body).toBe('<?php echo "never";')
  })

  test('the one script hears of everything, with CGI’s words', async () => {
    const found = JSON.parse((await get('cgi.test', '/cgi/a%20b?c=d', { headers: { proxy: 'http://evil.test' } })).body)
    expect(found).toMatchObject({
      ...{ SCRIPT_FILENAME: site.path('script/app.cgi'), SCRIPT_NAME: '/app.cgi', REQUEST_URI: '/cgi/a%20b?c=d', QUERY_STRING: 'c=d' },
      ...{ REMOTE_ADDR: '127.0.0.1', REQUEST_METHOD: 'GET', HTTP_X_MORE: 'more' },
    })
    expect(found).not.toHaveProperty('HTTP_PROXY')
  })
})

describe('limits', () => {
  const post = (host: string, path: string, length: number, headers = {}) => get(host, path, { body: 'x'.repeat(length), headers })

  test('a body that is larger than allowed is refused, passed on or not', async () => {
    expect((await post('cgi.test', '/', 10)).status).toBe(200)
    expect((await post('cgi.test', '/', 11)).status).toBe(413)
    expect((await post('php.test', '/info.php', 1024)).body).toBe(`info ${'x'.repeat(1024)}`)
    expect((await post('php.test', '/info.php', 1025)).status).toBe(413)
  })

  test('so is one that does not tell its length', async () => {
    expect((await post('cgi.test', '/', 5, { 'transfer-encoding': 'chunked' })).status).toBe(411)
  })

  test('an upstream that stays silent is given up', async () => {
    expect((await get('cgi.test', '/silent')).status).toBe(502)
  })

  test('a client that stays silent in the midst of a body is given up', async () => {
    const said = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let text = ''
      socket.setEncoding('utf8').on('data', (part: string) => (text += part))
      socket.once('close', () => resolve(text))
      socket.write('POST / HTTP/1.1\r\nHost: cgi.test\r\nContent-Length: 10\r\n\r\n12345')
    })
    expect(said).toMatch(/^HTTP\/1\.1 (408|502)/)
  })
})

describe('behind proxies that are trusted', () => {
  const seen = async (host: string, forwarded: string) =>
    JSON.parse((await ask({ host, port: trustedPort, headers: { 'x-forwarded-for': forwarded } })).body).headers

  test('the client is who they say, the last that is not one of them', async () => {
    expect(await seen('behind.test', '203.0.113.9')).toMatchObject({ 'x-real-ip': '203.0.113.9', 'x-forwarded-for': '203.0.113.9' })
    expect(await seen('behind.test', '6.6.6.6, 203.0.113.9, 10.1.2.3')).toMatchObject({
      'x-real-ip': '203.0.113.9',
      'x-forwarded-for': '203.0.113.9',
    })
    expect(await seen('behind.test', '192.168.7.7')).toMatchObject({ 'x-real-ip': '192.168.7.7' })
    expect(await seen('behind.test', 'nonsense')).toMatchObject({ 'x-real-ip': '127.0.0.1' })
  })

  test('what clients said before is kept where it is asked for', async () => {
    expect((await seen('appends.test', '6.6.6.6, 203.0.113.9'))['x-forwarded-for']).toMatch(
      /^6\.6\.6\.6, (203\.0\.113\.9, )?203\.0\.113\.9$/,
    )
  })

  test('nobody else is believed', async () => {
    const { headers } = JSON.parse((await get('app.test', '/', { headers: { 'x-forwarded-for': '203.0.113.9' } })).body)
    expect(headers['x-real-ip']).toBe('127.0.0.1')
  })
})

test('every status that the check lets through is one of httpd’s, and no other', () => {
  const all = Array.from({ length: 200 }, (_, index) => index + 400)
  const fleetWith = (some: readonly number[]) => {
    const vhosts = some.map((status) => `{name: v${status}, serverNames: [v${status}.test], respond: {status: ${status}}}`)
    return `${containers}${apacheOf(`[${vhosts.join(', ')}]`)}`
  }
  const refused = new Set(
    complaints(fleetOf(fleetWith(all)), 'Proxy').map((text) => Number(/\b([45]\d\d) is no status/.exec(JSON.stringify(text))?.[1])),
  )
  const known = all.filter((status) => !refused.has(status))
  expect(known.length).toBe(38)
  using own = makeSite()
  expect(judgeApache(own, fleetWith(known))).toContain('Syntax OK')
  for (const status of [418, 425, 599]) expect(() => judgeApache(own, fleetWith([status])), `${status}`).toThrow()
  expect(refused).toContain(418)
})

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

test(`random paths are what they say, to the octet (seed ${seed})`, async () => {
  const random = randomFrom(seed)
  const parts = [
    ...'.*+?^${}()|[]\\"\'<>#&;=,:@!~ %-_abz09',
    'é',
    '漢',
    '%2e',
    '\\x2f',
    '(?!',
    '$1',
    '%1',
    '&',
    '\\1',
    '${PATH}',
    '%{HTTP_HOST}',
  ]
  const text = () => Array.from({ length: 1 + Math.floor(random() * 8) }, () => parts[Math.floor(random() * parts.length)]).join('')
  const paths = [...new Set(Array.from({ length: 40 }, (_, index) => `/${index}x${text()}x`))]
  const at = await freePort()
  const locations = paths.flatMap((path, index) => [
    { path, match: index % 2 === 0 ? 'Exact' : 'Prefix', respond: { status: 410 } },
    ...(index % 3 === 0 ? [{ path: `${path}/more`, respond: { status: 451 } }] : []),
  ])
  const vhosts = JSON.stringify([
    { name: 'a', serverNames: ['a.test'], listen: { http: at, addresses: ['127.0.0.1'] }, respond: { status: 404 }, locations },
  ])
  using own = makeSite()
  await using _apache = await startApache(own, `${containers}${apacheOf(vhosts)}`)
  const octets = (path: string) =>
    [...Buffer.from(path)].map((octet) => (octet === 0x2f ? '/' : `%${octet.toString(16).padStart(2, '0')}`)).join('')
  for (const [index, path] of paths.entries()) {
    const of = async (more: string) => (await ask({ host: 'a.test', port: at, path: octets(`${path}${more}`) })).status
    const beyond = index % 2 === 0 ? 404 : 410
    const found = [await of(''), await of('y'), await of('/more')]
    expect(found, `${JSON.stringify(path)} of seed ${seed}`).toEqual([410, beyond, index % 3 === 0 ? 451 : beyond])
  }
}, 60_000)
