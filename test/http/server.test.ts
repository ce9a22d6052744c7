import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient } from '../../controller/http/client.ts'
import { type Server, type ServerDependencies, startServer } from '../../controller/http/server.ts'
import type { Commands, StatusSource } from '../../controller/http/source.ts'
import { createMetrics } from '../../controller/report/metrics.ts'

let dir: string
let socketPath: string
let asked: string[]
let isReady: boolean
const metrics = createMetrics()

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'reeve-http-'))
  socketPath = join(dir, 'reeve.sock')
  asked = []
  isReady = true
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const source: StatusSource = {
  readiness: () => ({ isReady, reason: isReady ? 'ready' : 'he1 was not tried yet' }),
  status: () => ({
    fleet: 'home',
    commit: null,
    refused: null,
    errors: ['a.yaml:1:1: no'],
    hypervisors: [],
    resources: [],
    silences: [],
    suspensions: [],
  }),
  history: (filter) => {
    asked.push(`history ${JSON.stringify(filter)}`)
    return [{ atSeconds: 7, sort: 'drift', subject: 'he1', detail: { item: 'he1 file:/etc/motd', fields: [] } }]
  },
  subscribe: () => () => {},
  metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
}
const commands: Commands = {
  reconcile: (hypervisor, by) => {
    asked.push(`reconcile ${hypervisor ?? 'all'} by ${by}`)
    return hypervisor === 'gone' ? { ok: false, message: 'no hypervisor gone' } : { ok: true, message: 'queued' }
  },
  approve: (hash, by) => {
    asked.push(`approve ${hash} by ${by}`)
    return { ok: true, message: 'approved' }
  },
  silence: (request) => {
    asked.push(`silence ${JSON.stringify(request)}`)
    return { ok: true, message: 'silenced' }
  },
  endSilence: (id, by) => {
    asked.push(`end ${id} by ${by}`)
    return { ok: false, message: 'no such silence' }
  },
  suspend: async (request) => {
    asked.push(`suspend ${JSON.stringify(request)}`)
    return { ok: true, message: 'suspended' }
  },
  resume: (of, by) => {
    asked.push(`resume ${JSON.stringify(of)} by ${by}`)
    return { ok: false, message: 'not suspended' }
  },
}

function start(changes: Partial<ServerDependencies> = {}): Promise<Server> {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  return startServer({ source, commands, listen: { host: '127.0.0.1', port: 0 }, socketPath, log, ...changes })
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
}

function ask(
  to: { readonly port: number | undefined } | { readonly socketPath: string },
  method: string,
  path: string,
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const sent = request({ host: '127.0.0.1', ...to, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: String(response.headers['content-type']),
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('reading', () => {
  it('health, readiness, metrics and status answer over TCP and over the socket alike', async () => {
    await using server = await start()
    for (const to of [{ port: server.port }, { socketPath }]) {
      expect(await ask(to, 'GET', '/healthz')).toMatchObject({ status: 200, body: 'ok\n' })
      expect(await ask(to, 'GET', '/readyz')).toMatchObject({ status: 200, body: 'ready\n' })
      expect(await ask(to, 'GET', '/metrics')).toMatchObject({ status: 200, type: expect.stringContaining('text/plain; version=0.0.4') })
      const status = await ask(to, 'GET', '/api/v1/status')
      expect(JSON.parse(status.body)).toEqual({
        version: 1,
        fleet: 'home',
        commit: null,
        errors: ['a.yaml:1:1: no'],
        hypervisors: [],
        resources: [],
        silences: [],
        suspensions: [],
        refused: null,
      })
    }
  })

  it('a controller that has not tried every host is healthy and not ready, saying what is missing', async () => {
    await using server = await start()
    isReady = false
    expect(await ask(server, 'GET', '/readyz')).toMatchObject({ status: 503, body: 'he1 was not tried yet\n' })
    expect((await ask(server, 'GET', '/healthz')).status).toBe(200)
  })

  it('a source that throws is an answer 500 without the inside of it', async () => {
    const broken: StatusSource = {
      ...source,
      status: () => {
        throw new Error('hunter2 in a stack')
      },
    }
    await using server = await start({ source: broken })
    const answer = await ask(server, 'GET', '/api/v1/status')
    expect(answer.status).toBe(500)
    expect(answer.body).not.toContain('hunter2')
  })

  it('an unknown address is 404 in the form of the API', async () => {
    await using server = await start()
    expect(JSON.parse((await ask(server, 'GET', '/etc/passwd')).body)).toEqual({ ok: false, message: 'nothing is at GET /etc/passwd' })
  })
})

describe('history', () => {
  const to = () => ({ socketPath })
  it('comes over the socket, filtered, by the client that the command line uses', async () => {
    await using _server = await start()
    const client = createClient(socketPath)
    expect(await client.history({ limit: 5, sort: 'drift', subject: 'he1' })).toMatchObject([
      { atSeconds: 7, sort: 'drift', subject: 'he1' },
    ])
    await ask(to(), 'GET', '/api/v1/history')
    expect(asked).toEqual(['history {"limit":5,"sort":"drift","subject":"he1"}', 'history {"limit":50}'])
  })

  it.each(['limit=0', 'limit=1001', 'limit=many', 'sort=secrets', `subject=${'x'.repeat(301)}`])(
    'with %s is refused, and nothing is read',
    async (query) => {
      await using _server = await start()
      expect((await ask(to(), 'GET', `/api/v1/history?${query}`)).status).toBe(400)
      expect(asked).toEqual([])
    },
  )

  it('says the server’s words where the filter is none', async () => {
    await using _server = await start()
    await expect(createClient(socketPath).history({ limit: 0 })).rejects.toThrow(/limit/)
  })
})

describe('commands', () => {
  it('over TCP are refused, and nothing is done', async () => {
    await using server = await start()
    for (const path of [
      '/api/v1/reconcile',
      '/api/v1/approve',
      '/api/v1/silence',
      '/api/v1/silence/end',
      '/api/v1/suspend',
      '/api/v1/resume',
    ]) {
      expect(await ask(server, 'POST', path, '{"hash":"abcdef12"}')).toMatchObject({
        status: 403,
        body: expect.stringContaining('unix socket only'),
      })
    }
    expect(asked).toEqual([])
  })

  it('over the socket are done, by the client that the command line uses', async () => {
    await using _server = await start()
    const client = createClient(socketPath)
    expect(await client.reconcile()).toEqual({ ok: true, message: 'queued' })
    expect(await client.reconcile('he1', 'bob')).toMatchObject({ ok: true })
    expect(await client.approve('abcdef12')).toMatchObject({ ok: true })
    expect(await client.reconcile('gone')).toEqual({ ok: false, message: 'no hypervisor gone' })
    const request = { condition: 'DriftFound', seconds: 60, reason: 'new disk', by: 'ann' }
    expect(await client.silence(request)).toMatchObject({ ok: true })
    expect(await client.endSilence('abcdef12')).toMatchObject({ ok: false })
    const pause = { hypervisor: 'he1', seconds: 60, reason: 'new disk', by: 'ann' }
    expect(await client.suspend(pause)).toMatchObject({ ok: true })
    expect(await client.resume({}, 'ann')).toEqual({ ok: false, message: 'not suspended' })
    expect((await client.status()).fleet).toBe('home')
    expect(asked).toEqual([
      'reconcile all by unix socket',
      'reconcile he1 by bob',
      'approve abcdef12 by unix socket',
      'reconcile gone by unix socket',
      `silence ${JSON.stringify(request)}`,
      'end abcdef12 by unix socket',
      `suspend ${JSON.stringify(pause)}`,
      'resume {} by ann',
    ])
  })

  const bad: readonly { readonly name: string; readonly path: string; readonly body: string; readonly status: number }[] = [
    { name: 'a body that is no JSON', path: '/api/v1/approve', body: '{', status: 400 },
    { name: 'no hash', path: '/api/v1/approve', body: '{}', status: 400 },
    { name: 'a hash that is none', path: '/api/v1/approve', body: '{"hash":"../../etc"}', status: 400 },
    { name: 'a name that is none', path: '/api/v1/reconcile', body: '{"hypervisor":"$(reboot)"}', status: 400 },
    { name: 'a silence of everything', path: '/api/v1/silence', body: '{"seconds":60,"reason":"x","by":"a"}', status: 400 },
    { name: 'a silence for ever', path: '/api/v1/silence', body: '{"hypervisor":"he1","seconds":1e9,"reason":"x","by":"a"}', status: 400 },
    {
      name: 'a silence of a condition that is none',
      path: '/api/v1/silence',
      body: '{"condition":"Everything","seconds":60,"reason":"x","by":"a"}',
      status: 400,
    },
    { name: 'a silence without a reason', path: '/api/v1/silence', body: '{"hypervisor":"he1","seconds":60,"by":"a"}', status: 400 },
    { name: 'an id of a silence that is none', path: '/api/v1/silence/end', body: '{"id":"x y"}', status: 400 },
    { name: 'a field that is none', path: '/api/v1/reconcile', body: '{"host":"he1"}', status: 400 },
    { name: 'a suspension of a blank reason', path: '/api/v1/suspend', body: '{"seconds":60,"reason":" ","by":"a"}', status: 400 },
    { name: 'a suspension without an end', path: '/api/v1/suspend', body: '{"reason":"x","by":"a"}', status: 400 },
    { name: 'a suspension for ever', path: '/api/v1/suspend', body: '{"seconds":7776001,"reason":"x","by":"a"}', status: 400 },
    {
      name: 'a suspension of two things',
      path: '/api/v1/suspend',
      body: '{"hypervisor":"he1","manifest":"Proxy/edge","seconds":60,"reason":"x"}',
      status: 400,
    },
    { name: 'an endless body', path: '/api/v1/approve', body: `{"hash":"${'a'.repeat(100_000)}"}`, status: 413 },
  ]
  for (const { name, path, body, status } of bad) {
    it(`${name} is refused with ${status}`, async () => {
      await using _server = await start()
      expect((await ask({ socketPath }, 'POST', path, body)).status).toBe(status)
      expect(asked).toEqual([])
    })
  }

  it('without a body, reconcile means all', async () => {
    await using _server = await start()
    expect((await ask({ socketPath }, 'POST', '/api/v1/reconcile')).status).toBe(202)
    expect(asked).toEqual(['reconcile all by unix socket'])
  })
})

describe('the socket', () => {
  it('can be used by its owner only, and is gone afterwards', async () => {
    {
      await using _server = await start()
      expect(statSync(socketPath).mode & 0o777).toBe(0o600)
    }
    expect(statSync(socketPath, { throwIfNoEntry: false })).toBeUndefined()
    await expect(createClient(socketPath).status()).rejects.toThrow(/is 'reeve run' running here/)
  })

  it('that a killed controller left behind is taken over', async () => {
    const script = `require('node:net').createServer().listen(${JSON.stringify(socketPath)}, () => process.kill(process.pid, 'SIGKILL'))`
    expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL')
    expect(statSync(socketPath).isSocket()).toBe(true)
    await using _server = await start()
    expect((await ask({ socketPath }, 'GET', '/healthz')).status).toBe(200)
  })

  it('that another controller answers on is left to it', async () => {
    await using _first = await start()
    await expect(start()).rejects.toThrow(/another Reeve answers/)
    expect((await ask({ socketPath }, 'GET', '/healthz')).status).toBe(200)
  })

  it('is not made where a file stands, which is left as it is', async () => {
    writeFileSync(socketPath, 'precious')
    await expect(start()).rejects.toThrow(/is no socket/)
    expect(statSync(socketPath).size).toBe(8)
  })

  it('is given up when the TCP port is taken, with what to change', async () => {
    await using first = await start()
    const again = start({ socketPath: join(dir, 'second.sock'), listen: { host: '127.0.0.1', port: first.port ?? 0 } })
    await expect(again).rejects.toThrow(/http.listen in reeve.yaml/)
    expect(statSync(join(dir, 'second.sock'), { throwIfNoEntry: false })).toBeUndefined()
  })

  it('works without TCP at all', async () => {
    const log = { debug() {}, info() {}, warn() {}, error() {} }
    await using server = await startServer({ source, commands, socketPath, log })
    expect(server.port).toBeUndefined()
    expect((await ask({ socketPath }, 'GET', '/healthz')).status).toBe(200)
  })
})
