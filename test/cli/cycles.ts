import type { Cycle } from '../../controller/engine/cycle.ts'
import { driftOfFile, he1 } from '../report/reports.ts'

const drift = driftOfFile('/etc/nginx/nginx.conf')

/** Drift was found, and a hold kept it from being put right. */
export const heldCycle: Cycle = {
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
  items: new Map(),
  clockSeconds: 100,
  uptimeSeconds: undefined,
  clock: undefined,
}

/** Another controller's apply was running, and is not overdue. */
export const busyCycle: Cycle = {
  ...heldCycle,
  status: 'waiting',
  message: 'apply f00d (fleet home, commit c1, by reeve run on ops2) is running on the host since 2026-11-22 02:31:07 UTC',
  drift: [],
  hold: undefined,
  busy: { plan: 'f00d', sinceSeconds: 90, by: 'reeve run on ops2', isOverdue: false, isOver: false, message: 'apply f00d is running' },
}

/** Nothing was to do. */
export const noopCycle: Cycle = { ...heldCycle, status: 'noop', message: '', drift: [], hold: undefined }
