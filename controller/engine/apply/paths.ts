/** Where Reeve keeps things on a host (docs/protocol.md). Nothing else is written outside what the manifests ask for. */
export const statePath = '/var/lib/reeve'
export const ledgerPath = `${statePath}/ledger`
export const journalPath = `${statePath}/journal`
export const runtimePath = '/run/reeve'
export const hostLockPath = `${runtimePath}/host.lock`
export const holdPath = '/etc/reeve/hold'
export const undoUnit = 'reeve-undo.service'

export function journalOf(planId: string): string {
  if (!/^[a-f0-9]{8,64}(-\d{1,4})?$/.test(planId)) throw new Error(`not a plan id: ${planId}`)
  return `${journalPath}/${planId}`
}

/** Name of the journal of the job that a plan starts in its transaction at this position. */
export function jobOf(planId: string, position: number): string {
  return `${planId}-${position}`
}
