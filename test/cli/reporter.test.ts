import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createBoard } from '../../controller/cli/board.ts'
import { createReporter } from '../../controller/cli/reporter.ts'
import type { Revision } from '../../controller/loop/revision.ts'
import { createFleet } from '../../controller/manifests/fleet.ts'
import type { Logger } from '../../controller/report/log.ts'
import { createMetrics, type Metrics } from '../../controller/report/metrics.ts'
import { createStore, type Store } from '../../controller/store/store.ts'
import { atOnce } from '../report/reports.ts'
import { busyCycle, heldCycle } from './cycles.ts'

const folder = mkdtempSync(join(tmpdir(), 'reeve-reporter-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger
const revision = {
  commit: 'c0ffee',
  fleet: createFleet('f', 'c0ffee', []),
  diagnostics: [],
  compiled: { states: new Map(), placed: [] },
} as unknown as Revision

describe('the reporter', () => {
  it('counts as open what a hold keeps from being put right, though no brake withheld it', async () => {
    using store = createStore({ path: join(folder, 'history.sqlite'), retentionSeconds: 60, maxEntries: 10, log, nowSeconds: () => 100 })
    const metrics = createMetrics()
    const reporter = reporterWith(store, metrics)
    reporter.onCycle({ cycle: heldCycle, revision, queuedSeconds: 0, witnesses: [] })
    await reporter.settled()
    expect(await metrics.text()).toContain('reeve_drift_fields{hypervisor="he1",kind="Proxy",name="edge"} 2')
    expect([...store.seeDrift('he1', ['he1 file:/etc/nginx/nginx.conf']).values()]).toEqual([100])
  })

  it('leaves drift open as it was, and since when, where another apply was at work on the host', async () => {
    using store = createStore({ path: join(folder, 'busy.sqlite'), retentionSeconds: 60, maxEntries: 10, log, nowSeconds: () => 100 })
    const metrics = createMetrics()
    const reporter = reporterWith(store, metrics)
    for (const cycle of [heldCycle, busyCycle]) reporter.onCycle({ cycle, revision, queuedSeconds: 0, witnesses: [] })
    await reporter.settled()
    expect(await metrics.text()).toContain('reeve_drift_fields{hypervisor="he1",kind="Proxy",name="edge"} 2')
    expect(await metrics.text()).toContain('reeve_drift_detected_total{hypervisor="he1",kind="Proxy",name="edge"} 1')
    expect(store.history({ sort: 'drift', limit: 10 })).toHaveLength(1)
  })

  it('counts in the history the errors of a commit, and no warnings', async () => {
    using store = createStore({ path: join(folder, 'commit.sqlite'), retentionSeconds: 60, maxEntries: 10, log, nowSeconds: () => 100 })
    const reporter = reporterWith(store, createMetrics())
    const at = { file: 'a.yaml', line: 1, column: 1 }
    const severities = ['warning', 'error', 'warning'] as const
    const diagnostics = severities.map((severity) => ({ severity, at, path: 'spec.size', summary: 'is odd' }))
    reporter.onRevision({ ...revision, diagnostics } as unknown as Revision)
    await reporter.settled()
    expect(store.history({ sort: 'commit', limit: 10 })).toMatchObject([{ subject: 'c0ffee', detail: { errors: 1 } }])
  })
})

function reporterWith(store: Store, metrics: Metrics): ReturnType<typeof createReporter> {
  return createReporter({
    log,
    store,
    metrics,
    board: createBoard('home'),
    mailer: undefined,
    alerts: { graceSeconds: {}, settleSeconds: 600, ...atOnce },
    silences: () => [],
    nowSeconds: () => 100,
    commitInfo: async (hash) => ({ hash, author: 'Ann', subject: 'Open port 81', atSeconds: 1 }),
  })
}
