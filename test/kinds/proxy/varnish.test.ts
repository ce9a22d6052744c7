import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Placement } from '../../../controller/model/target.ts'
import { freePort } from '../../ssh/free-port.ts'
import { complaints, fleetOf, kindOf } from '../fleet.ts'
import { startEcho } from './backends.ts'
import { containers, varnishOf } from './fleets.ts'
import { ask, makeSite, type Question } from './local-nginx.ts'
import { commandOf, judgeVarnish, startVarnish, type Varnish, writeVarnish } from './local-varnish.ts'

// One real varnish of this machine with everything that the kind says to it, asked on the loopback.
const stack = new AsyncDisposableStack()
const site = stack.use(makeSite({ 'mine.vcl': 'vcl 4.1; backend default none;' }))
let varnish: Varnish
let http: number
let other: number
let nobody: number
let ports: { readonly one: number; readonly two: number }

beforeAll(async () => {
  ;[http, other, nobody] = [await freePort(), await freePort(), await freePort()]
  const [one, two] = [await startEcho('one'), await startEcho('two')]
  for (const { server } of [one, two]) stack.defer(() => void server.close())
  ports = { one: one.port, two: two.port }
  varnish = stack.use(await startVarnish(site, fleet('gone')))
})
afterAll(() => stack.disposeAsync())

const hostile = `a "b"; "} sub vcl_recv { return (synth(666)); } {" \\n %20 \\" $$5 # // /* é "}"}`

function fleet(said: string): string {
  const plain = `listen: {http: ${http}, addresses: [127.0.0.1]}`
  const up = (port: number, more = '') => `upstream: {servers: [{address: 127.0.0.1, port: ${port}}]${more}}`
  return `${containers}${varnishOf(`[
      {name: app, serverNames: [app.test, "*.apps.test"], ${plain}, upstream: {servers: [{address: 127.0.0.1, port: ${ports.one}}, {address: 127.0.0.1, port: ${ports.two}}]},
       headers: {request: {X-Site: '${hostile}', X-Gone: ""}, hide: [X-Powered-By], set: {X-A: '${hostile}'}}},
      {name: one-app, serverNames: [one.apps.test], ${plain}, ${up(ports.two)}, headers: {forwardedFor: Append, host: Upstream}},
      {name: all, serverNames: [.test], ${plain}, respond: {status: 410, body: '${hostile}', contentType: text/html}},
      {name: moved, serverNames: [old.test], ${plain}, redirect: {to: "https://www.test/", keepPath: true, status: 302}},
      {name: there, serverNames: [there.test], ${plain}, redirect: {to: 'https://else.test/a%20$1";', status: 307}},
      {name: spare, serverNames: [spare.test], ${plain}, probe: {path: /well, expectStatus: [200]},
       upstream: {servers: [{address: 127.0.0.1, port: ${nobody}}, {address: 127.0.0.1, port: ${ports.two}, backup: true}]}},
      {name: same, serverNames: [same.test], ${plain},
       upstream: {balance: ClientAddress, servers: [{address: 127.0.0.1, port: ${ports.one}, weight: 5}, {address: 127.0.0.1, port: ${ports.two}}]}},
      {name: hung, serverNames: [hung.test], ${plain}, ${up(ports.one)}, limits: {read: 1s}, websockets: false},
      {name: elsewhere, serverNames: [app.test], listen: {http: ${other}, addresses: [127.0.0.1]}, respond: {status: 200, body: ${said}}},
      {name: rest, default: true, listen: {http: ${other}, addresses: [127.0.0.1]}, respond: {status: 404, body: nobody}}]`)}`
}

/** What the upstream was asked; a path of its own each time, so that nothing is answered from memory. */
async function echoed(question: Question): Promise<{ name: string; url: string; headers: Record<string, string> }> {
  const answer = await ask({ path: `/${Math.random()}`, ...question })
  return JSON.parse(answer.body)
}

describe('names', () => {
  test.each(['one.apps.test', 'ONE.apps.test', `one.apps.test:8080`])('a whole name wins against a wildcard (%s)', async (host) => {
    expect((await echoed({ host, port: http })).name).toBe('two')
  })

  test('a longer wildcard wins against a shorter one, and the shorter takes the rest and its own name', async () => {
    expect((await ask({ host: 'x.apps.test', port: http })).status).toBe(200)
    expect((await ask({ host: 'x.y.test', port: http })).status).toBe(410)
    expect((await ask({ host: 'test', port: http })).status).toBe(410)
    expect((await ask({ host: 'atest', port: http })).status).toBe(404)
  })

  test('a name is one vhost on one port and another on another, and a default has the rest of its own', async () => {
    expect((await ask({ host: 'app.test', port: other })).body).toBe('gone')
    expect(await ask({ host: 'stranger.test', port: other })).toMatchObject({ status: 404, body: 'nobody' })
    expect(await ask({ host: 'stranger.example', port: http })).toMatchObject({ status: 404, body: '' })
  })
})

describe('what is passed on', () => {
  test('goes to each server in turn, and to the same one for the same client', async () => {
    const names = []
    for (let times = 0; times < 4; times++) names.push((await echoed({ host: 'app.test', port: http })).name)
    expect(names.sort()).toEqual(['one', 'one', 'two', 'two'])
    const same = new Set<string>()
    for (let times = 0; times < 5; times++) same.add((await echoed({ host: 'same.test', port: http })).name)
    expect(same.size).toBe(1)
  })

  test('goes to a spare server once the others do not answer varnish', async () => {
    await expect.poll(async () => (await ask({ host: 'spare.test', port: http, path: '/x' })).status, { timeout: 15_000 }).toBe(200)
  })

  test('keeps the path as it was written', async () => {
    expect((await echoed({ host: 'app.test', port: http, path: '/a%2Fb%20c/?d=e?f' })).url).toBe('/a%2Fb%20c/?d=e?f')
  })

  test('tells who asked, and nothing that a client says of itself', async () => {
    const headers = { 'x-forwarded-for': '6.6.6.6', 'x-forwarded-host': 'evil.test', 'x-real-ip': '6.6.6.6', 'reeve-vhost': 'one-app' }
    const { headers: seen } = await echoed({ host: 'app.test', port: http, headers })
    expect(seen).toMatchObject({ host: 'app.test', 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1' })
    expect(seen).toMatchObject({ 'x-forwarded-proto': 'http', 'x-forwarded-host': 'app.test' })
    expect(seen).not.toHaveProperty('reeve-vhost')
    const appended = await echoed({ host: 'one.apps.test', port: http, headers })
    expect(appended.headers['x-forwarded-for']).toBe('6.6.6.6, 127.0.0.1')
    expect(appended.headers['host']).toBe(`127.0.0.1:${ports.two}`)
  })

  test('carries headers as they were written, whatever they mean to VCL, and comes back so', async () => {
    const text = hostile.replaceAll('$$', '$')
    const { headers } = await echoed({ host: 'app.test', port: http, headers: { 'x-gone': '1' } })
    expect(Buffer.from(headers['x-site'] ?? '', 'latin1').toString()).toBe(text)
    expect(headers).not.toHaveProperty('x-gone')
    const answer = await ask({ host: 'app.test', port: http, path: '/headers' })
    expect(Buffer.from(String(answer.headers['x-a']), 'latin1').toString()).toBe(text)
    expect(answer.headers).not.toHaveProperty('x-powered-by')
  })

  test('is answered from memory the second time', async () => {
    const question = { host: 'one.apps.test', port: http, path: '/kept' }
    expect((await ask(question)).headers['age']).toBe('0')
    expect((await ask(question)).headers['x-varnish']).toMatch(/^\d+ \d+$/)
  })

  test('may be a websocket, unless it shall not', async () => {
    expect(await upgraded('app.test')).toMatch(/^HTTP\/1\.1 101 .*(one|two) hello$/s)
    expect(await upgraded('hung.test')).not.toMatch(/^HTTP\/1\.1 101 /)
  })

  test('is given up where the upstream stays silent for too long', async () => {
    expect((await ask({ host: 'hung.test', port: http, path: '/silent' })).status).toBe(503)
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

describe('answers of its own', () => {
  test('are the text as it was written', async () => {
    const answer = await ask({ host: 'x.test', port: http })
    expect(answer.body).toBe(hostile)
    expect(answer.headers['content-type']).toBe('text/html')
  })

  test.each([
    ['old.test', '/a%20b?b=c?d', 302, 'https://www.test/a%20b?b=c?d'],
    ['old.test', '//evil.test/', 302, 'https://www.test//evil.test/'],
    ['there.test', '/x?query', 307, 'https://else.test/a%20$1";'],
  ])('send %s%s elsewhere', async (host, path, status, location) => {
    const answer = await ask({ host, port: http, path })
    expect([answer.status, answer.headers.location]).toEqual([status, location])
  })
})

describe('a load', () => {
  const inUse = () => /^active .* (\S+)$/m.exec(varnish.adm('vcl.list'))?.[1]
  const loaded = () => [...varnish.adm('vcl.list').matchAll(/^(?:active|available) .* reeve_\w+$/gm)].length
  const proof = async (name: string) => {
    const id = name.replace('reeve_', '')
    return (await ask({ host: `g-${id}.reeve.invalid`, port: http })).body === id
  }

  test('is in use at once, is proven by its own answer, may be repeated, and goes back to one that is there', async () => {
    const first = inUse() ?? ''
    expect(await proof(first)).toBe(true)
    writeVarnish(site, fleet('"1"'))
    varnish.load()
    const second = inUse() ?? ''
    expect(second).not.toBe(first)
    expect([await proof(first), await proof(second)]).toEqual([false, true])
    expect((await ask({ host: 'app.test', port: other })).body).toBe('1')
    varnish.load()
    expect(inUse()).toBe(second)
    writeVarnish(site, fleet('gone'))
    varnish.load()
    expect(inUse()).toBe(first)
  })

  test('that varnish cannot compile leaves the one in use alone, and says why', () => {
    const before = inUse()
    writeVarnish(site, fleet('"2"'))
    execFileSync('sed', ['-i', 's/vcl 4.1;/vcl 4.1; nonsense/', site.path('reeve/main.vcl')])
    expect(() => varnish.load()).toThrow(/nonsense/)
    expect(inUse()).toBe(before)
  })

  test('leaves two others of ours to go back to, and those of a person', () => {
    varnish.adm('vcl.load', 'mine', site.path('mine.vcl'))
    for (const text of ['"3"', '"4"']) {
      writeVarnish(site, fleet(text))
      varnish.load()
    }
    expect(loaded()).toBe(3)
    expect(varnish.adm('vcl.list')).toMatch(/ mine$/m)
  })

  test('another VCL in use, and servers that do not answer, show in the health', async () => {
    const read = (yaml: string) => {
      const all = fleetOf(yaml)
      const kind = kindOf('Proxy')
      const [manifest] = all.all('Proxy')
      const vitals = manifest ? kind.vitals?.(manifest, kind.place(manifest, all)[0] as Placement, all) : []
      const vital = vitals?.find(({ id }) => id === 'varnish')
      return vital?.assess({ status: 'read', stdout: varnish.adm('vcl.list') + varnish.adm('backend.list'), reason: '' })
    }
    expect(read(fleet('"5"'))).toMatchObject({ healthy: false, reason: 'OtherVclActive' })
    await expect.poll(() => read(fleet('"4"'))?.reason, { timeout: 15_000 }).toBe('BackendsDown')
    const samples = read(fleet('"4"'))?.samples ?? []
    const up = Object.fromEntries(samples.map(({ labels, value }) => [labels?.['server'], value]))
    expect(up[`spare 127.0.0.1:${nobody}`]).toBe(0)
    expect(up[`app 127.0.0.1:${ports.one}`]).toBe(1)
  })
})

test('the unit begins with ports, memory and the commands that load the VCL under its name', () => {
  const yaml =
    containers +
    varnishOf('[{name: a, serverNames: [a.test], upstream: {servers: [{container: web, port: 80}]}}]', '  cache: {memory: 64Mi}\n')
  expect(complaints(fleetOf(yaml), 'Proxy')).toEqual([])
  expect(commandOf(yaml)).toBe(
    `/usr/sbin/varnishd -j unix,user=vcache -F -a s0=:80 -T localhost:6082 -S /etc/varnish/secret -s malloc,67108864 -f '' -I /etc/varnish/reeve/start.cli`,
  )
  using own = makeSite()
  expect(() => judgeVarnish(own, yaml)).not.toThrow()
})
