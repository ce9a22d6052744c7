import type { ControllerEvent, ReconcileReport } from '../../controller/model/event.ts'
import { hypervisorName, type ManifestId, manifestId, primitiveId } from '../../controller/model/ids.ts'
import type { PlannedChange } from '../../controller/model/plan.ts'

export const he1 = hypervisorName('he1')
export const edge = manifestId('Proxy', 'edge')

/** A file that somebody edited on the host. */
export function driftOfFile(path: string, owner: ManifestId = edge): PlannedChange {
  return {
    id: primitiveId('file', path),
    action: 'update',
    impact: 'reload',
    target: { hypervisor: he1 },
    owners: [owner],
    fields: [
      { field: 'content', cause: 'drift', before: 'listen 80;\nserver_name evil;\n', after: 'listen 80;\nserver_name good;\n' },
      { field: 'mode', cause: 'drift', before: '0666', after: '0644' },
    ],
  }
}

/** A cycle that had nothing to do, but for what the test changes. */
export function report(endedSeconds: number, changes: Partial<ReconcileReport> = {}): Extract<ControllerEvent, { type: 'reconciled' }> {
  return {
    type: 'reconciled',
    report: {
      hypervisor: he1,
      commit: '0123456789abcdef0123456789abcdef01234567',
      startedSeconds: endedSeconds - 1,
      endedSeconds,
      durationMs: { observe: 200, plan: 3 },
      roundTrips: 1,
      result: 'noop',
      isUnsettled: false,
      drift: [],
      corrected: [],
      applied: [],
      failed: [],
      withheld: [],
      refused: [],
      inProgress: [],
      orphans: [],
      unknown: [],
      vitals: [],
      loggedIn: [],
      ...changes,
    },
  }
}

/** The host could not be read. */
export function hostFailed(atSeconds: number, kind = 'unreachable'): ControllerEvent {
  return { type: 'hostFailed', hypervisor: he1, kind, message: 'he1 (192.0.2.1) does not answer: port 22: no connection', atSeconds }
}

/** A commit was read, with an error for each summary. */
export function committed(atSeconds: number, hash: string, ...errors: readonly string[]): ControllerEvent {
  return {
    type: 'committed',
    commit: { hash, author: 'Ann <ann@example.org>', subject: 'Open port 81', atSeconds },
    diagnostics: errors.map((summary, index) => ({
      severity: 'error',
      at: { file: 'proxies/edge.yaml', line: 12 + index, column: 5 },
      path: 'spec.listen',
      summary,
      hint: 'write a port from 1 to 65535',
    })),
    atSeconds,
  }
}

/** Every cause is told as soon as it is found, and forgotten as soon as it is over. */
export const atOnce = {
  keepFiringSeconds: 0,
  groupWaitSeconds: 0,
  groupIntervalSeconds: 0,
  repeatSeconds: { critical: Number.MAX_SAFE_INTEGER, warning: Number.MAX_SAFE_INTEGER },
} as const
