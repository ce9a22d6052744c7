import type { SeenCycle } from '../loop/ports.ts'
import type { ReconcileReport } from '../model/event.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { PlannedChange } from '../model/plan.ts'
import { itemOf } from '../report/mails.ts'
import type { Store } from '../store/store.ts'

/** Writes cycles into the history: what was done, and what stands in the way once, not again with each look. */
export interface Recorder {
  /** `since`: when drift that is still open was first seen, by item. */
  onCycle(seen: SeenCycle, report: ReconcileReport, since: ReadonlyMap<string, number>): void
}

export function createRecorder(store: Pick<Store, 'record'>): Recorder {
  const told = new Map<HypervisorName, string>()
  const drifting = new Map<string, string>()

  function recordResult({ cycle }: SeenCycle, changed: readonly string[]): void {
    const { hypervisor, status, message } = cycle
    const state = status === 'noop' || status === 'converged' ? '' : `${status} ${message}`
    const isNews = (told.get(hypervisor) ?? '') !== state
    told.set(hypervisor, state)
    if (changed.length === 0 && !isNews) return
    const owners = [...new Set(cycle.applied.flatMap(({ transaction }) => transaction.owners))]
    store.record('reconcile', hypervisor, { status, message, changed, owners }, cycle.commit)
  }

  function recordDrift({ cycle }: SeenCycle, { corrected, endedSeconds }: ReconcileReport, since: ReadonlyMap<string, number>): void {
    const putRight = new Set(corrected.map(itemOf))
    for (const change of cycle.drift) {
      const item = itemOf(change)
      const isCorrected = putRight.has(item)
      const isNew = isNewDrift(change, (since.get(item) ?? endedSeconds) >= endedSeconds)
      if (isCorrected) drifting.delete(item)
      else drifting.set(item, fieldsOf(change))
      if (!isCorrected && !isNew) continue
      store.record('drift', cycle.hypervisor, { item, fields: change.fields, owners: change.owners, isCorrected }, cycle.commit)
    }
  }

  function isNewDrift(change: PlannedChange, wasJustSeen: boolean): boolean {
    const known = drifting.get(itemOf(change))
    return known === undefined ? wasJustSeen : known !== fieldsOf(change)
  }

  return {
    onCycle(seen, report, since) {
      recordResult(
        seen,
        seen.cycle.applied.map(({ transaction, outcome }) => `${outcome.status} ${transaction.changes.map(({ id }) => id).join(', ')}`),
      )
      recordDrift(seen, report, since)
    },
  }
}

function fieldsOf({ fields }: PlannedChange): string {
  return JSON.stringify(fields.map(({ field, before, after }) => [field, before ?? null, after ?? null]))
}
