import { Cron } from 'croner'
import type { Policy } from '../engine/brake.ts'
import type { ReconcileDeps } from '../engine/run.ts'
import { manifestIn } from '../manifests/fleet.ts'
import type { Fleet } from '../model/fleet.ts'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import type { Manifest } from '../model/manifest.ts'
import { parseSeconds } from '../model/quantity.ts'
import { type Suspension, suspensionOfHypervisor, suspensionOfManifest, suspensionReason } from '../model/suspension.ts'

/** Fields that every kind has, as far as the policy needs them. */
interface Common {
  readonly suspend?: { readonly reason?: string; readonly until?: string }
  readonly maintenanceWindow?: { readonly cron: string; readonly duration: string; readonly timeZone?: string }
}

export function commonOf(manifest: Manifest | undefined): Common {
  return (manifest?.spec ?? {}) as Common
}

/** What people allow now: approvals that were given, windows that are open, manifests that are suspended. */
export function policyOf(fleet: Fleet, approvals: ReadonlySet<string>, nowSeconds: number): Policy {
  const common = (owner: ManifestId): Common => commonOf(manifestIn(fleet, owner))
  return {
    approvals,
    isWindowOpen: (owner) => isOpen(common(owner).maintenanceWindow, nowSeconds),
    suspendedBecause: (owner) => suspension(common(owner).suspend, nowSeconds),
  }
}

/** The same cycle, with what people suspended by command; asked anew each time, since they may do so in the middle of it. */
export function withSuspensions(deps: ReconcileDeps, hypervisor: HypervisorName, suspensions: () => readonly Suspension[]): ReconcileDeps {
  const reasonOf = (one: Suspension | undefined): string | undefined => one && suspensionReason(one)
  const policy: Policy = {
    ...deps.policy,
    suspendedBecause: (owner) => deps.policy.suspendedBecause(owner) ?? reasonOf(suspensionOfManifest(suspensions(), owner)),
    hostSuspendedBecause: () => reasonOf(suspensionOfHypervisor(suspensions(), hypervisor)),
  }
  return { ...deps, policy }
}

/** Why a manifest is suspended by what Git says of it; undefined where it is not. */
export function suspendedInGit(manifest: Manifest, nowSeconds: number): string | undefined {
  return suspension(commonOf(manifest).suspend, nowSeconds)
}

/** Open where the last start of the window is less than its duration ago. A window that cannot be read is closed. */
export function isOpen(window: Common['maintenanceWindow'], nowSeconds: number): boolean {
  return openTimes(window, nowSeconds) !== undefined
}

/** From when until when a window that is open now is so, seconds since the epoch; undefined where it is closed. */
export function openTimes(
  window: Common['maintenanceWindow'],
  nowSeconds: number,
): { readonly fromSeconds: number; readonly untilSeconds: number } | undefined {
  if (window === undefined) return undefined
  const duration = parseSeconds(window.duration)
  if (!duration.ok) return undefined
  try {
    const cron = new Cron(window.cron, { timezone: window.timeZone ?? 'UTC', paused: true })
    const start = cron.nextRun(new Date((nowSeconds - duration.value) * 1000))
    if (start === null || start.getTime() / 1000 > nowSeconds) return undefined
    return { fromSeconds: start.getTime() / 1000, untilSeconds: start.getTime() / 1000 + duration.value }
  } catch {
    return undefined
  }
}

function suspension(suspend: Common['suspend'], nowSeconds: number): string | undefined {
  if (suspend === undefined) return undefined
  if (suspend.until !== undefined && Date.parse(suspend.until) / 1000 <= nowSeconds) return undefined
  return `${suspend.reason ?? 'no reason given'}${suspend.until === undefined ? '' : ` (until ${suspend.until})`}`
}
