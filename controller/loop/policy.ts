import { Cron } from 'croner'
import type { Policy } from '../engine/brake.ts'
import type { Fleet } from '../model/fleet.ts'
import type { ManifestId } from '../model/ids.ts'
import type { Manifest } from '../model/manifest.ts'
import { parseSeconds } from '../model/quantity.ts'

/** Fields that every kind has, as far as the policy needs them. */
interface Common {
  readonly suspend?: { readonly reason?: string; readonly until?: string }
  readonly maintenanceWindow?: { readonly cron: string; readonly duration: string; readonly timeZone?: string }
}

/** What people allow now: approvals that were given, windows that are open, manifests that are suspended. */
export function policyOf(fleet: Fleet, approvals: ReadonlySet<string>, nowSeconds: number): Policy {
  const manifests = new Map<ManifestId, Manifest>(fleet.manifests.map((manifest) => [manifest.id, manifest]))
  const common = (owner: ManifestId): Common => (manifests.get(owner)?.spec ?? {}) as Common
  return {
    approvals,
    isWindowOpen: (owner) => isOpen(common(owner).maintenanceWindow, nowSeconds),
    suspendedBecause: (owner) => suspension(common(owner).suspend, nowSeconds),
  }
}

/** Open where the last start of the window is less than its duration ago. A window that cannot be read is closed. */
export function isOpen(window: Common['maintenanceWindow'], nowSeconds: number): boolean {
  if (window === undefined) return false
  const duration = parseSeconds(window.duration)
  if (!duration.ok) return false
  try {
    const cron = new Cron(window.cron, { timezone: window.timeZone ?? 'UTC', paused: true })
    const start = cron.nextRun(new Date((nowSeconds - duration.value) * 1000))
    return start !== null && start.getTime() / 1000 <= nowSeconds
  } catch {
    return false
  }
}

function suspension(suspend: Common['suspend'], nowSeconds: number): string | undefined {
  if (suspend === undefined) return undefined
  if (suspend.until !== undefined && Date.parse(suspend.until) / 1000 <= nowSeconds) return undefined
  return `${suspend.reason ?? 'no reason given'}${suspend.until === undefined ? '' : ` (until ${suspend.until})`}`
}
