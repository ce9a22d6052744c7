import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createClient } from '../../controller/http/client.ts'
import { type Server, startServer } from '../../controller/http/server.ts'
import type { Commands, StatusSource } from '../../controller/http/source.ts'
import { scopes } from '../../controller/http/tokens.ts'

const folder = mkdtempSync(join(tmpdir(), 'reeve-names-'))
const socketPath = join(folder, 'reeve.sock')
const done: string[] = []
let server: Server

const taken = (name: string) => () => {
  done.push(name)
  return { ok: true, message: 'taken' }
}
const names = ['reconcile', 'approve', 'silence', 'endSilence', 'suspend', 'resume'] as const
const commands = Object.fromEntries(names.map((name) => [name, taken(name)])) as unknown as Commands
const source = {
  subscribe: () => () => {},
  status: () => ({ errors: [] }),
  history: () => [],
  readiness: () => ({ isReady: true, reason: 'ready' }),
  metrics: async () => ({ contentType: 'text/plain', text: '' }),
} as unknown as StatusSource

beforeAll(async () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const admit = (authorization: string | undefined) => {
    const [, name = ''] = authorization?.split(' ') ?? []
    const only = scopes.filter((scope) => name === scope || name === 'all')
    return only.length > 0 ? { ok: true as const, name, scopes: only } : { ok: false as const, because: 'no' }
  }
  server = await startServer({
    source,
    commands,
    log,
    listen: { host: '127.0.0.1', port: 0 },
    socketPath,
    admit,
    names: ['Reeve.Example.org'],
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => void done.splice(0))

type To = { readonly port: number | undefined } | { readonly socketPath: string }

function ask(to: To, method: string, path: string, headers: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', ...to, method, path, headers: { 'content-type': 'application/json', ...headers } },
      async (answer) => {
        const chunks: Buffer[] = []
        for await (const chunk of answer) chunks.push(chunk as Buffer)
        resolve(`${answer.statusCode} ${Buffer.concat(chunks).toString()}`)
      },
    )
    sent.on('error', reject)
    sent.end(method === 'POST' ? '{"hash":"0123456789ab"}' : '')
  })
}

const bearer = { authorization: 'Bearer all' }

describe('over TCP', () => {
  it.each([
    ['127.0.0.1', 200],
    ['127.0.0.1:9808', 200],
    ['192.0.2.7', 200],
    ['[::1]:9808', 200],
    ['localhost', 200],
    ['LOCALHOST:80', 200],
    ['reeve.example.org', 200],
    ['reeve.example.org.:9808', 200],
    ['evil.example', 421],
    ['evil.example:9808', 421],
    ['reeve.example.org.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['127.0.0.1@evil.example', 421],
    ['evil.example#localhost', 421],
    ['localhost:9808:evil', 421],
    ['[::1].evil.example', 421],
    ['2130706433', 421],
  ])('who asks for %j gets %i', async (host, status) => {
    for (const path of ['/', '/metrics', '/healthz', '/api/v1/status', '/api/v1/openapi.json'])
      expect(await ask({ port: server.port }, 'GET', path, { host })).toMatch(new RegExp(`^${status} `))
    expect(await ask({ port: server.port }, 'GET', '/nothing', { host })).toMatch(status === 200 ? /^404 / : /^421 /)
  })

  it('says what to do about a name, and repeats none that is no name', async () => {
    expect(await ask({ port: server.port }, 'GET', '/', { host: 'reeve.home' })).toContain('add the name to api.hosts in reeve.yaml')
    expect(await ask({ port: server.port }, 'GET', '/', { host: '<script>' })).not.toContain('script')
  })

  it('a name that points here changes nothing either, whatever the token', async () => {
    expect(await ask({ port: server.port }, 'POST', '/api/v1/approve', { host: 'evil.example', ...bearer })).toMatch(/^421 /)
    expect(done).toEqual([])
  })

  it('a request of HTTP/1.0 without a Host is answered', async () => {
    const said = await new Promise<string>((resolve) => {
      let text = ''
      connect(server.port ?? 0, '127.0.0.1', function (this: import('node:net').Socket) {
        this.write('GET /healthz HTTP/1.0\r\n\r\n')
      })
        .on('data', (chunk) => (text += chunk.toString()))
        .on('close', () => resolve(text))
    })
    expect(said).toMatch(/^HTTP\/1\.1 200 /)
  })

  const host = 'reeve.example.org'
  it.each<readonly [string, Readonly<Record<string, string>>, number]>([
    ['no browser', {}, 202],
    ['its own page', { origin: 'https://reeve.example.org', 'sec-fetch-site': 'same-origin' }, 202],
    ['a person, in the address bar', { 'sec-fetch-site': 'none' }, 202],
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['another site, of an old browser', { origin: 'https://evil.example' }, 403],
    ['a frame without an origin', { origin: 'null' }, 403],
    ['another name of the same site', { origin: 'https://other.example.org', 'sec-fetch-site': 'same-site' }, 403],
    ['another port', { origin: 'https://reeve.example.org:8443' }, 403],
    ['what is no origin', { origin: 'reeve.example.org' }, 403],
  ])('a command of %s', async (_name, headers, status) => {
    expect(await ask({ port: server.port }, 'POST', '/api/v1/approve', { host, ...bearer, ...headers })).toMatch(new RegExp(`^${status} `))
    expect(done.length).toBe(status === 202 ? 1 : 0)
  })

  it('reading is not held against where it comes from: a link leads here', async () => {
    expect(await ask({ port: server.port }, 'GET', '/', { host, 'sec-fetch-site': 'cross-site' })).toMatch(/^200 /)
  })
})

describe('over the socket', () => {
  it('any name will do, as programs put one there that means nothing', async () => {
    expect(await ask({ socketPath }, 'GET', '/healthz', { host: 'evil.example' })).toBe('200 ok\n')
    expect(await createClient(socketPath).approve('0123456789ab')).toMatchObject({ ok: true })
  })
})

interface Described {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly security?: readonly { readonly token?: readonly string[] }[] }>>>
  >
}

describe('scopes of tokens', () => {
  it('every command of the description asks for one, and is done by tokens that have it alone', async () => {
    const text = await ask({ port: server.port }, 'GET', '/api/v1/openapi.json', {})
    const { paths } = JSON.parse(text.slice(4)) as Described
    const writes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { security }]) =>
        method === 'get' ? [] : [{ path, method, wants: security?.[0]?.token }],
      ),
    )
    expect(writes.length).toBeGreaterThan(5)
    for (const { path, method, wants } of writes) {
      expect([path, wants]).toEqual([path, path.endsWith('/approve') ? ['approve'] : ['operate']])
      for (const scope of scopes) {
        const answer = await ask({ port: server.port }, method.toUpperCase(), path, { authorization: `Bearer ${scope}` })
        if (wants?.includes(scope)) expect(answer, `${path} by ${scope}`).not.toMatch(/^40[13] /)
        else
          expect(answer, `${path} by ${scope}`).toMatch(
            new RegExp(`^403 .*the token ${scope} may ${scope} alone; reeve token create NAME --scope`),
          )
      }
      expect(await ask({ port: server.port }, method.toUpperCase(), path, {})).toMatch(/^401 /)
      expect(await ask({ port: server.port }, method.toUpperCase(), path, bearer)).not.toMatch(/^40[13] /)
    }
  })
})
