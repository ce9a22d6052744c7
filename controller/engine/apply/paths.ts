/** Where Reeve keeps things on a host (docs/protocol.md). Nothing else is written outside what the manifests ask for. */
export const statePath = '/var/lib/reeve'
export const ledgerPath = `${statePath}/ledger`
export const journalPath = `${statePath}/journal`
export const runtimePath = '/run/reeve'
export const hostLockPath = `${runtimePath}/host.lock`
/** Names the apply that began or ended last: whoever observes reads it before and after, and knows whether another one wrote meanwhile. */
export const turnPath = `${runtimePath}/turn`
/** The epoch of the newest owner that looked at this host: an apply under an older one is refused. Lost at a reboot, as is whatever was on its way then. */
export const fencePath = `${runtimePath}/epoch`
export const holdPath = '/etc/reeve/hold'
export const undoUnit = 'reeve-undo.service'

export function journalOf(planId: string): string {
  if (!/^[a-f0-9]{8,64}(-\d{1,4})?$/.test(planId)) throw new Error(`not a plan id: ${planId}`)
  return `${journalPath}/${planId}`
}

/** Locked, shared, by a controller from before its delivery until it has read the outcome: meanwhile nobody recovers or discards the journal. */
export function outcomeLockOf(name: string): string {
  return `${runtimePath}/outcome.${name}`
}

/** Name of the journal of the job that a plan starts in its transaction at this position. */
export function jobOf(planId: string, position: number): string {
  return `${planId}-${position}`
}
