import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type Server, startServer } from '../../controller/http/server.ts'
import type { Sample } from '../../controller/model/kind.ts'
import type { Manifest } from '../../controller/model/manifest.ts'
import type { Placement } from '../../controller/model/target.ts'
import { noAlerts, updateAlerts } from '../../controller/report/alerts.ts'
import { createMetrics, metricNames, setSamples } from '../../controller/report/metrics.ts'
import { recordAlerts, recordConditions, recordEvent, recordOpenDrift } from '../../controller/report/record.ts'
import { fleetOf, kindOf } from '../kinds/fleet.ts'
import { machines, routeOf } from '../kinds/mailroute/fleets.ts'
import { containers, proxyOf } from '../kinds/proxy/fleets.ts'
import { makeCertificate, makeSite } from '../kinds/proxy/local-nginx.ts'
import { servers, zoneOf } from '../kinds/zone/fleets.ts'
import { atOnce, committed, driftOfFile, edge, he1, hostFailed, report } from '../report/reports.ts'
import { dashboards, dashboardsFolder, type Prometheus, panelQueries, promtool, startPrometheus } from './prometheus.ts'

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}

const queries = panelQueries('1m')
const rules = (parse(readFileSync(join(dashboardsFolder, 'alerts.yml'), 'utf8')) as RuleFile).groups.flatMap((group) => group.rules)

function metricsIn(expression: string): readonly string[] {
  return [...expression.matchAll(/\b(?:reeve|smartctl)_[a-z0-9_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''))
}

describe('dashboards and alert rules', () => {
  it('name only metrics that /metrics exports', async () => {
    const metrics = createMetrics()
    await setSamples(metrics, { hypervisor: he1, kind: 'Proxy', name: 'edge' }, certificateSamples())
    await setSamples(metrics, { hypervisor: he1, kind: 'Hypervisor', name: 'he1' }, hypervisorSamples())
    await setSamples(metrics, { hypervisor: he1, kind: 'Container', name: 'web' }, containerSamples())
    await setSamples(metrics, { hypervisor: he1, kind: 'Volume', name: 'data' }, volumeSamples())
    await setSamples(metrics, { hypervisor: he1, kind: 'MailRoute', name: 'main' }, mailSamples())
    await setSamples(metrics, { hypervisor: he1, kind: 'Zone', name: 'zone' }, zoneSamples())
    await setSamples(metrics, { hypervisor: he1, kind: 'SyslogSink', name: 'central' }, syslogSamples())
    const exported = metricNames(metrics)
    const named = [...queries.map((query) => query.expression), ...rules.map((rule) => rule.expr)].flatMap(metricsIn)
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((name) => !exported.includes(name))).toEqual([])
  })

  it('invent no data where there is none', () => {
    for (const { expression } of queries) expect(expression).not.toMatch(/vector\s*\(/)
  })

  it('are of a current schema, and no panel covers another', () => {
    for (const { dashboard } of dashboards) {
      expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(41)
      const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
      )
      expect(new Set(cells).size).toBe(cells.length)
    }
  })

  it.each([
    ['check', 'config', 'prometheus.example.yml'],
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ])(
    'pass promtool %s %s %s',
    (...args) => {
      expect(promtool(...args)).toMatchObject({ status: 0, said: expect.stringContaining('SUCCESS') })
    },
    60_000,
  )

  it('have a promtool case for every rule', () => {
    const cases = readFileSync(join(dashboardsFolder, 'alerts.test.yml'), 'utf8')
    for (const { alert } of rules) expect(cases).toMatch(new RegExp(`alertname: ${alert}\\b[\\s\\S]*?exp_labels`))
  })
})

/** What a healthy machine says, as its own vitals read it. */
function syslogSamples(): readonly Sample[] {
  const fleet = fleetOf(readFileSync(join(import.meta.dirname, '../kinds/syslogsink/golden/recipe.yaml'), 'utf8'))
  const [manifest] = fleet.all('SyslogSink')
  const kind = kindOf('SyslogSink')
  const at = manifest && kind.place(manifest, fleet)[0]
  const stdout = 'now 1000\nsince 1\nfree 100 4096\nheard 990 he2 selected\n'
  return (manifest && at && kind.vitals?.(manifest, at, fleet)[0]?.assess({ status: 'read', stdout, reason: '' }).samples) ?? []
}

function hypervisorSamples(): readonly Sample[] {
  const fleet = fleetOf(
    '---\napiVersion: reeve.dev/v1\nkind: Hypervisor\nmetadata: {name: he1}\nspec: {address: 192.0.2.1, hostKeys: [ssh-ed25519 AAAA]}\n',
  )
  const vitals = kindOf('Hypervisor').vitals?.(fleet.manifests[0] as Manifest, { target: { hypervisor: he1 }, role: 'host' }, fleet) ?? []
  const stdout = 'synchronized yes\nreboot 0\nkernel 6.1\nend 1\n'
  return vitals.flatMap(
    (vital) => vital.assess({ status: 'read', stdout: vital.id === 'clock' ? 'synchronized yes\nend 1\n' : stdout, reason: '' }).samples,
  )
}

/** What a gateway says. */
function mailSamples(): readonly Sample[] {
  const fleet = fleetOf(machines + routeOf())
  const route = fleet.manifests.find((one) => one.kind === 'MailRoute') as Manifest
  const kind = kindOf('MailRoute')
  const vitals = kind.vitals?.(route, kind.place(route, fleet)[0] as Placement, fleet) ?? []
  const stdout = `ok\nnow 1000\nend\nholds main.cf ${'a'.repeat(12)}\n`
  return vitals.flatMap((vital) => vital.assess({ status: 'read', stdout, reason: '' }).samples)
}

/** What a secondary says that has caught up. */
function zoneSamples(): readonly Sample[] {
  const fleet = fleetOf(servers + zoneOf('[]', '  dnssec: {policy: default}\n'))
  const zone = fleet.get('Zone', 'zone') as Manifest
  const [, at] = kindOf('Zone').place(zone, fleet)
  const vitals = at === undefined ? [] : (kindOf('Zone').vitals?.(zone, at, fleet) ?? [])
  const answer = (address: string) => `answer ${address} 53 6 example.com. 0 1 7 1 1209600 1\n`
  const stdout = `${answer('127.0.0.1')}${answer('192.168.100.2')}until 127.0.0.1 53 6 example.com. 1796000000\nclock 1795000000\nend\n`
  return vitals.flatMap((vital) => vital.assess({ status: 'read', stdout, reason: '' }).samples)
}

/** What a mounted volume in a thin pool says. */
function volumeSamples(): readonly Sample[] {
  const fleet = fleetOf(
    '---\napiVersion: reeve.dev/v1\nkind: Volume\nmetadata: {name: data}\nspec: {hypervisor: he1, lvm: {volumeGroup: vg, thinPool: pool, size: 1Gi}, filesystem: {type: ext4}, mount: {path: /srv}}\n',
  )
  const vitals = kindOf('Volume').vitals?.(fleet.manifests[0] as Manifest, { target: { hypervisor: he1 }, role: 'host' }, fleet) ?? []
  const stdout = 'group 1000 500\npool 1000 87.77 11.23\n1000 500 100 50 /srv\n'
  return vitals.flatMap((vital) => vital.assess({ status: 'read', stdout, reason: '' }).samples)
}

describe('a real Prometheus that scrapes Reeve', () => {
  const metrics = createMetrics()
  const folder = mkdtempSync(join(tmpdir(), 'reeve-dashboards-'))
  let server: Server
  let prometheus: Prometheus

  beforeAll(async () => {
    await live(metrics, 1)
    server = await startServer({
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
        metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
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
    prometheus = await startPrometheus(server.port ?? 0)
    await prometheus.queryUntilThere('count_over_time(reeve_drift_detected_total[1m]) > 1')
    await live(metrics, 2)
    await prometheus.queryUntilThere('increase(reeve_drift_detected_total[1m]) > 0')
  })
  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(queries)('has data for $where: $expression', async ({ expression }) => {
    const found = await prometheus.queryUntilThere(expression)
    expect(found.length).toBeGreaterThan(0)
    for (const { value } of found) expect(Number(value[1])).not.toBeNaN()
  })

  it('shows what drifts and since when', async () => {
    expect(await prometheus.query('reeve_drift_fields{hypervisor="he1"}')).toMatchObject([
      { metric: { kind: 'Proxy', name: 'edge' }, value: [expect.any(Number), '2'] },
    ])
    expect(await prometheus.query('reeve_drift_open_seconds{hypervisor="he1"}')).toMatchObject([{ value: [expect.any(Number), '90'] }])
  })

  it('judges every alert rule, and fires for what is wrong', async () => {
    expect(await prometheus.queryUntilThere('ALERTS{alertname="ReeveHypervisorUnreachable",hypervisor="he2"}')).toHaveLength(1)
    const { groups } = (await prometheus.get('/api/v1/rules')) as {
      readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string }[] }[]
    }
    const judged = groups.flatMap((group) => group.rules.map(({ name, health }) => ({ name, health })))
    expect(judged).toEqual(rules.map((rule) => ({ name: rule.alert, health: 'ok' })))
    expect(await prometheus.query('ALERTS{alertname="ReeveSilent"}')).toEqual([])
  })
})

/** What the vital of a Proxy with HTTPS measures. */
function certificateSamples() {
  const vhost = '{name: www, serverNames: [a.test], root: /srv, tls: {certificate: /c, key: /k}}'
  const fleet = fleetOf(containers + proxyOf(`[${vhost}]`))
  const [proxy] = fleet.all('Proxy')
  const kind = kindOf('Proxy')
  const [placement] = proxy ? kind.place(proxy, fleet) : []
  const [vital] = (proxy && placement && kind.vitals?.(proxy, placement, fleet)) ?? []
  using site = makeSite()
  makeCertificate(site, 'a')
  const pem = readFileSync(site.path('a.crt'), 'utf8').replaceAll(/-----.*\n/g, '')
  return vital?.assess({ status: 'read', stdout: `clock 1\nfile /c\n${pem}end\n`, reason: '' }).samples ?? []
}

/** What a container that runs says of itself, as captured on a host. */
function containerSamples() {
  const fleet = fleetOf(containers)
  const [web] = fleet.all('Container')
  const kind = kindOf('Container')
  const [placement] = web ? kind.place(web, fleet) : []
  const [vital, units] = (web && placement && kind.vitals?.(web, placement, fleet)) ?? []
  const stdout = readFileSync(join(import.meta.dirname, '../kinds/container/captured/vital-running.txt'), 'utf8').replace(/^.*\n/, '')
  const read = (text: string) => ({ status: 'read', stdout: text, reason: '' }) as const
  return [...(vital?.assess(read(stdout)).samples ?? []), ...(units?.assess(read('== all\n')).samples ?? [])]
}

/** What a controller counts while it lives: commits, cycles with drift on he1, and he2 that does not answer. */
async function live(metrics: ReturnType<typeof createMetrics>, round: number): Promise<void> {
  const now = Date.now() / 1000
  const drift = driftOfFile('/etc/nginx/conf.d/00-reeve.conf')
  const removed = { ...driftOfFile('/etc/nginx/conf.d/old.conf'), action: 'delete' as const }
  const massDelete = { brake: 'MassDelete' as const, changes: [removed], because: 'removes 9 of 10 items', approval: 'abc123abc123' }
  const events = [
    { type: 'git' as const, status: 'ok' as const, message: '', atSeconds: now },
    committed(now, `${round}123456789abcdef`),
    report(now, {
      result: 'success',
      drift: [drift],
      corrected: [drift],
      applied: [removed],
      durationMs: { observe: 210, plan: 3, apply: 400 },
    }),
    report(now, { result: 'withheld', drift: [drift], withheld: [massDelete] }),
    { ...hostFailed(now), hypervisor: 'he2' as typeof he1 },
  ]
  let alerts = noAlerts
  for (const event of events) {
    await recordEvent(metrics, event)
    alerts = updateAlerts(alerts, event, { graceSeconds: {}, settleSeconds: 600, ...atOnce }).state
  }
  recordAlerts(metrics, alerts)
  await recordOpenDrift(metrics, he1, [edge], [{ change: drift, sinceSeconds: now - 90 }], now)
  await recordConditions(metrics, edge, he1, { generation: 'g1', conditions: conditionsAt(now) })
  metrics.commitToApplied.observe({ hypervisor: he1 }, 0.8)
  metrics.sshRoundTripsTotal.inc({ hypervisor: he1 })
  metrics.mailTotal.inc({ result: 'sent' })
}

function conditionsAt(sinceSeconds: number): Parameters<typeof recordConditions>[3]['conditions'] {
  const types = [
    ['Ready', false],
    ['Healthy', true],
    ['Drifted', true],
  ] as const
  return types.map(([type, status]) => ({ type, status, reason: 'DriftFound', message: '', sinceSeconds }))
}
