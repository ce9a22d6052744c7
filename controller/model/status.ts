import type { Condition } from './condition.ts'
import type { RefusedCommits } from './refusedCommits.ts'
import type { Silence } from './silence.ts'
import type { Suspension } from './suspension.ts'

/** Version of the JSON below; moves when a field changes its meaning or goes. */
export const apiVersion = 1

export interface OpenDriftView {
  /** `he1/web`. */
  readonly target: string
  /** `file:/etc/nginx/nginx.conf`. */
  readonly item: string
  readonly field: string
  readonly wanted: string | null
  readonly found: string | null
  readonly sinceSeconds: number
  /** Manifests that asked for the item, `Kind/name`. */
  readonly owners: readonly string[]
}

export interface ResourceView {
  readonly kind: string
  readonly name: string
  readonly generation: string
  readonly observedGeneration: string
  readonly targets: readonly string[]
  readonly conditions: readonly Condition[]
  readonly drift: readonly OpenDriftView[]
}

export interface WithheldView {
  readonly brake: string
  readonly because: string
  readonly changes: readonly string[]
  /** What `reeve approve` takes; null where nobody can approve it. */
  readonly approval: string | null
}

export interface HypervisorView {
  readonly name: string
  readonly isUp: boolean | 'unknown'
  readonly lastResult: string | null
  readonly lastCycleSeconds: number | null
  readonly message: string
  readonly withheld: readonly WithheldView[]
  /** Why a person suspended it as a whole; null where nobody did. */
  readonly suspended: string | null
}

export interface StatusView {
  readonly fleet: string
  readonly commit: { readonly hash: string; readonly author: string; readonly subject: string; readonly atSeconds: number } | null
  /** Newer commits that do not come into force, and why; null where there are none. */
  readonly refused: RefusedCommits | null
  readonly errors: readonly string[]
  readonly hypervisors: readonly HypervisorView[]
  readonly resources: readonly ResourceView[]
  /** What no mails are sent about, for a time. */
  readonly silences: readonly Silence[]
  /** Where nothing is changed, for a time. */
  readonly suspensions: readonly Suspension[]
}
