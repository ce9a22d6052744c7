import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../ssh/free-port.ts'
import { startEcho } from './backends.ts'
import { containers, proxyOf } from './fleets.ts'
import { makeAuthority, startResponder, startSecure } from './local-authority.ts'
import { ask, makeCertificate, makeSite, type Question, startNginx, treeOf } from './local-nginx.ts'
import { startPhp } from './local-php.ts'

// One real nginx before what is rarer: servers by HTTPS, PHP itself, names below a suffix, an authority that is asked.
const stack = new AsyncDisposableStack()
const site = stack.use(
  makeSite({
    'php/index.php': `<?php header('X-Powered-By: secret'); echo json_encode(['server' => $_SERVER, 'get' => $_GET, 'post' => $_POST]);`,
    'php/other.php': `<?php echo 'other of ' . $_SERVER['SCRIPT_NAME'];`,
    'php/static.txt': 'a file',
    'php/up/photo.jpg': `<?php echo 'owned';`,
    'php/up/evil.php': `<?php echo 'owned';`,
  }),
)
let http: number
let https: number

beforeAll(async () => {
  ;[http, https] = [await freePort(), await freePort()]
  const ocsp = await freePort()
  for (const name of ['backend.test', 'other.test']) makeCertificate(site, name)
  makeAuthority(site, 'stapled.test', ocsp)
  const secure = await startSecure(site, 'backend.test')
  const [one, two] = [await startEcho('one'), await startEcho('two')]
  for (const { server } of [secure, one, two]) stack.defer(() => void server.close())
  stack.use(await startPhp(site))
  stack.use(await startResponder(site, ocsp))
  stack.use(await startNginx(site, treeOf(fleet(secure.port, one.port, two.port))))
})
afterAll(() => stack.disposeAsync())

function fleet(secure: number, one: number, two: number): string {
  const plain = `listen: {http: ${http}, addresses: [127.0.0.1]}`
  const byTls = (name: string, fields: string, more = '') =>
    `{name: ${name}, serverNames: [${name}.test], ${plain}, upstream: {tls: {${fields}}, servers: [{address: 127.0.0.1, port: ${secure}}]}${more}}`
  const own = `trusted: ${site.path('backend.test.crt')}`
  const stapled = `tls: {certificate: ${site.path('stapled.test.crt')}, key: ${site.path('stapled.test.key')}, stapling: {resolvers: [127.0.0.1], trusted: ${site.path('ca.crt')}}}`
  return `${containers}${proxyOf(`[
      ${byTls('right', `serverName: backend.test, ${own}`)},
      ${byTls('named', `serverName: backend.test, ${own}`, ', headers: {host: Upstream}')},
      ${byTls('misnamed', `serverName: else.test, ${own}`)},
      ${byTls('stranger', `serverName: backend.test, trusted: ${site.path('other.test.crt')}`)},
      ${byTls('careless', 'serverName: backend.test, verify: false')},
      {name: stapled, serverNames: [stapled.test], listen: {http: ${http}, https: ${https}, addresses: [127.0.0.1]}, ${stapled}, respond: {status: 200, body: x}},
      {name: php, serverNames: [php.test], ${plain}, root: ${site.path('php')}, index: [index.php], fallback: /index.php,
       headers: {hide: [X-Powered-By]},
       locations: [{path: .php, match: Suffix, fastcgi: {socket: ${site.path('fpm.sock')}}}, {path: /up/, root: ${site.path('php')}}]},
      {name: parts, serverNames: [parts.test], ${plain}, upstream: {servers: [{address: 127.0.0.1, port: ${one}}]},
       headers: {set: {X-A: all, X-B: all}, request: {X-R: all, X-S: all}, hide: [X-Powered-By]},
       locations: [
        {path: /own/, upstream: {servers: [{address: 127.0.0.1, port: ${two}}]}, headers: {set: {x-a: own, X-C: '$$ "own"'}, request: {x-r: own, X-S: ""}}},
        {path: /more/, upstream: {servers: [{address: 127.0.0.1, port: ${two}}]}, headers: {hide: [Date]}},
        {path: /same/, upstream: {servers: [{address: 127.0.0.1, port: ${two}}]}}]},
      {name: v-es, ${plain}, wildcard: {suffix: a-suffix-that-is-longer-than-most-of-them.ve.test, entries: {ve1: "127.0.0.1:${one}", ve-2: "127.0.0.1:${two}"}}}]`)}`
}

async function echoed(question: Question): Promise<{ name: string; url: string; headers: Record<string, string> }> {
  return JSON.parse((await ask(question)).body)
}

describe('servers by HTTPS', () => {
  test('are asked for the name that their certificate is for, and told the client’s or that one', async () => {
    const asked = async (host: string) => JSON.parse((await ask({ host, port: http })).body)
    expect(await asked('right.test')).toEqual({ name: 'backend.test', servername: 'backend.test', host: 'right.test' })
    expect(await asked('named.test')).toEqual({ name: 'backend.test', servername: 'backend.test', host: 'backend.test' })
  })

  test.each(['misnamed.test', 'stranger.test'])('%s is not believed', async (host) => {
    expect((await ask({ host, port: http })).status).toBe(502)
  })

  test('are believed unseen where they shall not be judged', async () => {
    expect((await ask({ host: 'careless.test', port: http })).status).toBe(200)
  })
})

test('what the authority says of the certificate is sent along', async () => {
  const stapled = () =>
    new Promise<number>((resolve, reject) => {
      const socket = connect({ port: https, host: '127.0.0.1', servername: 'stapled.test', rejectUnauthorized: false, requestOCSP: true })
      let octets = 0
      socket.once('error', reject).on('OCSPResponse', (response: Buffer | null) => (octets = response?.length ?? 0))
      socket.once('secureConnect', () => socket.end()).once('close', () => resolve(octets))
    })
  await expect.poll(stapled, { timeout: 10_000 }).toBeGreaterThan(100)
})

describe('PHP', () => {
  const at = (path: string, headers = {}) => ask({ host: 'php.test', port: http, path, headers })

  test('is given what a front script needs, for each path that is no file', async () => {
    const { server, get } = JSON.parse((await at('/blog/1?a=b%20c', { proxy: 'http://evil.test' })).body)
    expect(server).toMatchObject({
      SCRIPT_NAME: '/index.php',
      REQUEST_URI: '/blog/1?a=b%20c',
      REQUEST_METHOD: 'GET',
      REMOTE_ADDR: '127.0.0.1',
    })
    expect(server).toMatchObject({ DOCUMENT_ROOT: site.path('php'), SCRIPT_FILENAME: site.path('php/index.php'), HTTP_HOST: 'php.test' })
    expect(server.HTTP_PROXY ?? '').toBe('')
    expect(get).toEqual({ a: 'b c' })
  })

  test('runs the script that is named, beside plain files', async () => {
    expect((await at('/other.php')).body).toBe('other of /other.php')
    expect((await at('/static.txt')).body).toBe('a file')
    expect((await at('/')).headers).not.toHaveProperty('x-powered-by')
  })

  test.each(['/up/photo.jpg/x.php', '/up/evil.php', '/up/photo.jpg%00.php', '/static.txt/x.php', '/../etc/passwd.php'])(
    'never runs what was uploaded, nor what is no script (%s)',
    async (path) => {
      const answer = await at(path)
      expect(answer.body).not.toMatch(/^owned/)
      expect(answer.headers['content-type'] === 'text/html; charset=UTF-8' && answer.body.includes('"server"')).toBe(false)
    },
  )
})

describe('headers of a location', () => {
  const at = (path: string) => ask({ host: 'parts.test', port: http, path })

  test('stand beside those of the vhost, and replace those of the same name', async () => {
    const answer = await at('/own/')
    expect(answer.headers).toMatchObject({ 'x-a': 'own', 'x-b': 'all', 'x-c': '$ "own"' })
    expect(answer.headers).not.toHaveProperty('x-powered-by')
    const { headers } = JSON.parse(answer.body)
    expect(headers).toMatchObject({ 'x-r': 'own', host: 'parts.test' })
    expect(headers).not.toHaveProperty('x-s')
  })

  test('hide beside what the vhost hides, with its headers as they are', async () => {
    const answer = await at('/more/')
    expect(answer.headers).toMatchObject({ 'x-a': 'all', 'x-b': 'all' })
    expect(answer.headers).not.toHaveProperty('x-powered-by')
  })

  test('are those of the vhost where it has none', async () => {
    expect((await at('/same/')).headers).toMatchObject({ 'x-a': 'all', 'x-b': 'all' })
    expect(JSON.parse((await at('/')).body).headers).toMatchObject({ 'x-r': 'all', 'x-s': 'all' })
  })
})

describe('names below a suffix', () => {
  const suffix = 'a-suffix-that-is-longer-than-most-of-them.ve.test'
  test.each([
    [`ve1.${suffix}`, '/a%2Fb%20c/?d=e?f', 'one'],
    [`VE-2.${suffix}`, '/', 'two'],
  ])('%s goes to its own server as it was written', async (host, path, name) => {
    expect(await echoed({ host, port: http, path })).toMatchObject({ name, url: path, headers: { host: host.toLowerCase() } })
  })

  test.each([`ve3.${suffix}`, `a.ve1.${suffix}`])('%s is 404', async (host) => {
    expect((await ask({ host, port: http })).status).toBe(404)
  })
})
