import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fastify } from 'fastify'
import { afterAll, describe, expect, it } from 'vitest'
import { createBoard } from '../../controller/cli/board.ts'
import { describeRoutes } from '../../controller/http/openapi.ts'
import { addRoutes } from '../../controller/http/routes.ts'
import { startServer } from '../../controller/http/server.ts'
import type { Commands, StatusSource } from '../../controller/http/source.ts'
import { reportOf } from '../../controller/loop/report.ts'
import type { Revision } from '../../controller/loop/revision.ts'
import { createFleet } from '../../controller/manifests/fleet.ts'
import type { Manifest } from '../../controller/model/manifest.ts'
import { createStore } from '../../controller/store/store.ts'
import { heldCycle } from '../cli/cycles.ts'
import { description, operations, undescribed } from './described.ts'

const folder = mkdtempSync(join(tmpdir(), 'reeve-openapi-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const log = { debug() {}, info() {}, warn() {}, error() {} }

const fleet = createFleet('f', 'c0ffee', [
  { id: 'Proxy/edge', kind: 'Proxy', name: 'edge', generation: 'abc', spec: {} },
  { id: 'Zone/new', kind: 'Zone', name: 'new', generation: 'def', spec: {} },
] as unknown as readonly Manifest[])
const revision = {
  commit: 'c0ffee',
  fleet,
  diagnostics: [{ severity: 'error', at: { file: 'a.yaml', line: 1, column: 2 }, path: '', summary: 'no' }],
  compiled: {
    states: new Map([
      ['he1', {}],
      ['he2', {}],
    ]),
    placed: [{ manifest: 'Proxy/edge', target: { hypervisor: 'he1' } }],
  },
} as unknown as Revision

/** Everything that status can show. */
function fullSource(): StatusSource {
  const board = createBoard('home', {
    suspended: () => 'moving house',
    hypervisorSuspended: (name) => (name === 'he1' ? 'new disk' : undefined),
  })
  board.onRevision(revision, { hash: 'c0ffee', author: 'Ann', subject: 'Open 81', atSeconds: 1 })
  const seen = { cycle: { ...heldCycle, vitals: new Map() }, revision, queuedSeconds: 0, witnesses: [] }
  board.onCycle(seen, reportOf(seen, 100), new Map())
  const store = createStore({ path: join(folder, 'h.sqlite'), retentionSeconds: 60, maxEntries: 99, log, nowSeconds: () => 100 })
  store.record('drift', 'he1', { item: 'he1 file:/x', fields: [], owners: ['Proxy/edge'], isCorrected: false }, 'c0ffee')
  store.record('mail', 'm', { subject: 's' })
  const given = { reason: 'r', givenBy: 'ann', fromSeconds: 1, untilSeconds: 2 }
  board.onRefused({
    head: 'abc',
    inForce: 'c0ffee',
    reason: 'unsigned',
    because: 'b',
    todo: 't',
    commits: [{ commit: 'abc', author: 'a', subject: 's', fault: 'unsigned', because: 'b' }],
    count: 1,
    approval: '0123456789ab',
  })
  return {
    readiness: () => ({ isReady: false, reason: 'no' }),
    status: () => ({
      ...board.view(),
      silences: [{ id: '01234567', condition: 'DriftFound', ...given }],
      suspensions: [given, { hypervisor: 'he1', ...given }, { manifest: 'Proxy/edge', ...given }],
    }),
    history: (filter) => store.history(filter),
    subscribe: () => () => {},
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
  }
}

const commands: Commands = {
  reconcile: () => ({ ok: true, message: 'queued' }),
  approve: () => ({ ok: false, message: 'no' }),
  silence: () => ({ ok: true, message: 'silenced' }),
  endSilence: () => ({ ok: true, message: 'over' }),
  suspend: async () => ({ ok: true, message: 'suspended' }),
  resume: () => ({ ok: false, message: 'not suspended' }),
}

describe('docs/openapi.json', () => {
  it('is OpenAPI 3.1 and has every address that the server answers on', async () => {
    const app = fastify()
    const routes: string[] = []
    app.addHook('onRoute', ({ method, url }) => void routes.push(`${String(method)} ${url}`))
    await describeRoutes(app)
    addRoutes(app, fullSource(), { commands, writes: 'socket', onRefused() {} })
    await app.ready()
    expect(description.openapi).toMatch(/^3\.1\./)
    expect(operations).toEqual(routes.filter((route) => !route.startsWith('HEAD ')).sort())
    await app.close()
  })

  it('asks for a token for all that writes, and for nothing else', () => {
    for (const operation of operations) {
      const [method = '', path = ''] = operation.split(' ')
      expect([operation, description.paths[path]?.[method.toLowerCase()]?.security]).toEqual([
        operation,
        method === 'GET' ? undefined : [{ token: [path.endsWith('/approve') ? 'approve' : 'operate'] }],
      ])
    }
  })

  it('says all that answers hold, field by field', async () => {
    await using server = await startServer({
      source: fullSource(),
      commands,
      listen: { host: '127.0.0.1', port: 0 },
      socketPath: join(folder, 's'),
      log,
    })
    const ask = async (method: string, path: string, body?: object) => {
      const sent = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, sent)
      expect([path, ...undescribed(method, path, answer.status, await answer.json())]).toEqual([path])
      return answer.status
    }
    expect(await ask('GET', '/api/v1/status')).toBe(200)
    expect(await ask('GET', '/api/v1/history?limit=9')).toBe(200)
    expect(await ask('GET', '/api/v1/history?limit=no')).toBe(400)
    expect(await ask('GET', '/api/v1/openapi.json')).toBe(200)
    expect(await ask('POST', '/api/v1/suspend', {})).toBe(403)
  })

  it('is told by the server too, the same', async () => {
    await using server = await startServer({
      source: fullSource(),
      commands,
      listen: { host: '127.0.0.1', port: 0 },
      socketPath: join(folder, 's'),
      log,
    })
    expect(await (await fetch(`http://127.0.0.1:${server.port}/api/v1/openapi.json`)).json()).toEqual(description)
  })
})
