import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createBoard } from '../../controller/cli/board.ts'
import { createReporter } from '../../controller/cli/reporter.ts'
import type { Cycle } from '../../controller/engine/cycle.ts'
import type { Revision } from '../../controller/loop/revision.ts'
import type { Logger } from '../../controller/report/log.ts'
import { createMetrics } from '../../controller/report/metrics.ts'
import { createStore } from '../../controller/store/store.ts'
import { driftOfFile, he1 } from '../report/reports.ts'

const folder = mkdtempSync(join(tmpdir(), 'reeve-reporter-'))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const log = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Logger
const drift = driftOfFile('/etc/nginx/nginx.conf')
const revision = { commit: 'c0ffee', fleet: { manifests: [] }, diagnostics: [], compiled: { states: new Map() } } as unknown as Revision

const cycle: Cycle = {
  hypervisor: he1,
  commit: 'c0ffee',
  status: 'held',
  message: 'held at the console: I am repairing this',
  passes: 1,
  roundTrips: 1,
  phasesMs: { observe: 100, plan: 2, apply: 0 },
  drift: [drift],
  applied: [],
  plan: {
    id: 'f00d',
    hypervisor: he1,
    commit: 'c0ffee',
    ledgerGeneration: 1,
    transactions: [],
    records: [],
    forgotten: [],
    withheld: [],
    refused: [],
    orphans: [],
    unknown: [],
  },
  busy: undefined,
  finishedJobs: [],
  recovered: [],
  inProgress: [],
  hold: 'I am repairing this',
  vitals: new Map(),
  clockSeconds: 100,
}

describe('the reporter', () => {
  it('counts as open what a hold keeps from being put right, though no brake withheld it', async () => {
    using store = createStore({ path: join(folder, 'history.sqlite'), retentionSeconds: 60, maxEntries: 10, log, nowSeconds: () => 100 })
    const metrics = createMetrics()
    const reporter = createReporter({
      log,
      store,
      metrics,
      board: createBoard('home'),
      mailer: undefined,
      alerts: { graceSeconds: {}, settleSeconds: 600 },
      nowSeconds: () => 100,
      commitInfo: async (hash) => ({ hash, author: 'Ann', subject: 'Open port 81', atSeconds: 1 }),
    })
    reporter.onCycle({ cycle, revision, queuedSeconds: 0, witnesses: [] })
    await reporter.settled()
    expect(await metrics.text()).toContain('reeve_drift_fields{hypervisor="he1",kind="Proxy",name="edge"} 2')
    expect([...store.seeDrift('he1', ['he1 file:/etc/nginx/nginx.conf']).values()]).toEqual([100])
  })
})
