import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Server, startServer } from '../../controller/http/server.ts'
import { createMetrics, type Metrics } from '../../controller/report/metrics.ts'
import { rules } from '../../dashboards/source/rule.ts'
import { allIsWell, type FaultName, faults } from './faults.ts'
import { exampleFleet } from './fleet.ts'
import { type Move, moves, type Shown } from './moves.ts'
import { elsewhere, nativeFaults } from './native.ts'
import { type Prometheus, panelQueries, type Query, startPrometheus } from './prometheus.ts'
import { hasMoved, sum } from './shown.ts'

// A real Prometheus scrapes the metrics of a controller. Each fault is told to them as the rest of the controller would; what the panels ask must show it.
const queries = panelQueries('10s', '60s')
const folder = mkdtempSync(join(tmpdir(), 'reeve-panels-'))
const metrics = createMetrics()
const example = exampleFleet({ more: true })
let server: Server
let prometheus: Prometheus

beforeAll(async () => {
  await allIsWell(metrics, example)
  server = await serve(metrics)
  prometheus = await startPrometheus(server.port ?? 0)
  await prometheus.queryUntilThere('count_over_time(reeve_hypervisor_up[1m]) > 2')
})
afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function serve(shown: Metrics): Promise<Server> {
  return startServer({
    source: {
      readiness: () => ({ isReady: true, reason: 'ready' }),
      status: () => ({
        fleet: 'example',
        commit: null,
        refused: null,
        errors: [],
        hypervisors: [],
        resources: [],
        silences: [],
        suspensions: [],
      }),
      history: () => [],
      subscribe: () => () => {},
      metrics: async () => ({ contentType: shown.contentType, text: await shown.text() }),
    },
    commands: {
      reconcile: () => ({ ok: false, message: 'no' }),
      approve: () => ({ ok: false, message: 'no' }),
      silence: () => ({ ok: false, message: 'no' }),
      endSilence: () => ({ ok: false, message: 'no' }),
      suspend: async () => ({ ok: false, message: 'no' }),
      resume: () => ({ ok: false, message: 'no' }),
    },
    listen: { host: '127.0.0.1', port: 0 },
    socketPath: join(folder, 'reeve.sock'),
    log: { debug() {}, info() {}, warn() {}, error() {} },
  })
}

/** Rules are judged at their own pace. */
const patient = { timeout: 15_000, interval: 250 }

async function judged(): Promise<readonly { readonly name: string; readonly health: string }[]> {
  const { groups } = (await prometheus.get('/api/v1/rules')) as {
    readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string }[] }[]
  }
  return groups.flatMap((group) => group.rules.map(({ name, health }) => ({ name, health })))
}

async function standing(): Promise<readonly (string | undefined)[]> {
  return [...new Set((await prometheus.query('ALERTS')).map(({ metric }) => metric['alertname']))]
}

/** The queries of panels that show a fault, and how each moves. */
function shownBy(fault: FaultName): readonly { readonly query: Query; readonly move: Move }[] {
  return [...Map.groupBy(queries, ({ where }) => where)].flatMap(([where, asked]) => {
    const shown = moves[where]
    if (shown === undefined) return []
    return asked.flatMap((query, index) => {
      const [cause, move] = typeof shown[0] === 'string' ? (shown as Shown) : ((shown[index] ?? []) as Partial<Shown>)
      return cause === fault && move !== undefined ? [{ query, move }] : []
    })
  })
}

describe('every panel', () => {
  it('is in the table of faults, and the table has no other', () => {
    expect(Object.keys(moves).sort()).toEqual([...new Set(queries.map(({ where }) => where))].sort())
    for (const { query, move } of (Object.keys(faults) as FaultName[]).flatMap(shownBy))
      if (query.expression.includes('time()')) expect(move, query.where).not.toBe('changes')
    const all = [...(Object.keys(faults) as FaultName[]), 'the controller is gone' as const].flatMap(shownBy)
    expect(all.length).toBe(queries.length)
  })

  it('is also shown by a real fault on real hosts, or it is said why not', () => {
    const shown = new Set(nativeFaults.flatMap(({ shows }) => Object.keys(shows)))
    expect([...new Set([...shown, ...Object.keys(elsewhere)])].sort()).toEqual(Object.keys(moves).sort())
    for (const where of Object.keys(elsewhere)) expect(shown, where).not.toContain(where)
  })

  it('asks what Prometheus can answer', async () => {
    for (const { where, expression } of queries) expect(await prometheus.query(expression), where).toBeInstanceOf(Array)
  })
})

// Each goes on where the one before ended: none is tried again.
describe('the panels show that', { retry: 0 }, () => {
  it.each(Object.entries(faults))(
    '%s',
    async (name, inject) => {
      const shown = shownBy(name as FaultName)
      expect(shown.length).toBeGreaterThan(0)
      const before = await Promise.all(shown.map(({ query }) => prometheus.query(query.expression)))
      await inject(metrics, example)
      // What moves once has moved: a rate goes back by itself.
      const still = new Set(shown.keys())
      await expect
        .poll(
          async () => {
            for (const index of still) {
              const { query, move } = shown[index] as (typeof shown)[number]
              const answers = { before: before[index] ?? [], after: await prometheus.query(query.expression) }
              if (hasMoved(move, query, answers)) still.delete(index)
            }
            return [...still].map((index) => `${shown[index]?.query.where}: ${shown[index]?.query.expression} never ${shown[index]?.move}`)
          },
          { timeout: 60_000, interval: 100 },
        )
        .toEqual([])
      const labelled = await Promise.all(shown.map(({ query }) => prometheus.query(query.expression)))
      for (const [index, { query }] of shown.entries()) {
        const wanted = [...query.legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
        for (const { metric } of labelled[index] ?? [])
          for (const label of wanted) expect(Object.keys(metric), query.where).toContain(label)
      }
    },
    90_000,
  )

  it('every rule is judged, and those of what is wrong wait or fire', async () => {
    await expect.poll(judged, patient).toEqual(rules.map((rule) => ({ name: rule.alert, health: 'ok' })))
    await expect
      .poll(standing, patient)
      .toEqual(
        expect.arrayContaining([
          'ReeveNotReady',
          'ReeveUnhealthy',
          'ReeveVolumeFilling',
          'ReeveThinPoolFilling',
          'ReeveMailOpenRelay',
          'ReeveZoneNotServed',
        ]),
      )
    expect(await standing()).not.toContain('ReeveSilent')
  })

  it('the controller is gone', async () => {
    const [shown] = shownBy('the controller is gone')
    expect(shown?.query.expression).toBe('up{job="reeve"}')
    await server[Symbol.asyncDispose]()
    await expect.poll(async () => sum(await prometheus.query('up{job="reeve"}')), { timeout: 10_000 }).toBe(0)
    await expect.poll(async () => (await prometheus.query('ALERTS{alertname="ReeveSilent"}')).length, { timeout: 10_000 }).toBe(1)
  })
})
