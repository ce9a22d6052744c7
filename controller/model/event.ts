import type { HypervisorName, ManifestId } from './ids.ts'
import type { Assessment } from './kind.ts'
import type { Diagnostic } from './manifest.ts'
import type { TransactionOutcome } from './outcome.ts'
import type { Plan, PlannedChange, Refusal, Withheld } from './plan.ts'
import type { RefusedCommits } from './refusedCommits.ts'
import type { Target } from './target.ts'

export const cyclePhases = ['observe', 'plan', 'apply', 'verify'] as const
export type CyclePhase = (typeof cyclePhases)[number]

/** `success`: changed and verified · `noop`: nothing to do · `withheld`: a brake holds something · `stalled`: needs a commit or a person · `error`: tried again. */
export const reconcileResults = ['success', 'noop', 'error', 'stalled', 'withheld'] as const
export type ReconcileResult = (typeof reconcileResults)[number]

/** A transaction that did not end well. */
export interface FailedTransaction {
  readonly target: Target
  readonly owners: readonly ManifestId[]
  readonly changes: readonly PlannedChange[]
  readonly outcome: Extract<TransactionOutcome, { readonly status: 'failed' | 'refused' }>
  /** What was in force of its owner before still is; all that others wanted of it is live. */
  readonly isHeldBack?: true
}

/** Health of one placement. */
export interface VitalReport {
  readonly manifest: ManifestId
  readonly target: Target
  readonly assessment: Assessment
}

/** A host's clock held against the controller's, and the way to it. */
export interface ClockReading {
  /** Seconds that the host's clock is ahead; negative where it is behind. */
  readonly offsetSeconds: number
  /** The true offset lies within so many seconds, either side. */
  readonly errorSeconds: number
  /** There and back, without what the host needed to answer. */
  readonly roundTripSeconds: number
}

/** What one cycle on one hypervisor came to. Texts in it are masked already. */
export interface ReconcileReport {
  readonly hypervisor: HypervisorName
  readonly commit: string
  readonly startedSeconds: number
  readonly endedSeconds: number
  /** A phase that did not run is absent. */
  readonly durationMs: Readonly<Partial<Record<CyclePhase, number>>>
  readonly roundTrips: number
  readonly result: ReconcileResult
  /** Why the cycle ended before there was a plan; then nothing below says anything about the host. */
  readonly error?: string
  /** Another apply was at work on the host: what is not named below is not known, and nothing is over because of it. */
  readonly isUnsettled: boolean
  /** Found drifting in the first pass; each has a field of cause drift. */
  readonly drift: readonly PlannedChange[]
  /** Those of `drift` that a later pass saw put right. */
  readonly corrected: readonly PlannedChange[]
  /** Carried out because Git moved. */
  readonly applied: readonly PlannedChange[]
  readonly failed: readonly FailedTransaction[]
  readonly withheld: readonly Withheld[]
  /** `at`: where its manifest stands, `volume.yaml:3:1`. */
  readonly refused: readonly (Refusal & { readonly at?: string })[]
  /** Jobs that run on, and what waits for its turn: nothing is wrong, nothing is done. */
  readonly inProgress: readonly { readonly target: Target; readonly owners: readonly ManifestId[]; readonly title: string }[]
  readonly orphans: Plan['orphans']
  readonly unknown: Plan['unknown']
  readonly vitals: readonly VitalReport[]
  /** Undefined where it could not be told. */
  readonly clock?: ClockReading
  /** Owners of vitals that have no answer yet. */
  readonly unasked?: readonly ManifestId[]
  /** Who was logged in on the host while it drifted: lines for people, `root pts/0 from 192.0.2.7 since 23:01`. */
  readonly loggedIn: readonly string[]
  /** What the watch told before the cycle began. */
  readonly noticed?: readonly Noticed[]
}

/** Something that the watch of a hypervisor told. */
export interface Noticed {
  /** What moved, and the process that moved it where the kernel says so: `table inet reeve (nft, process 4711)`. */
  readonly text: string
  /** Keys of the items that it may have to do with; undefined: any. */
  readonly items: readonly string[] | undefined
}

export interface CommitInfo {
  readonly hash: string
  readonly author: string
  readonly subject: string
  readonly atSeconds: number
}

/** A run of the controller that did not end in order, as the next one found it. */
export interface UncleanStop {
  /** 0 where it is not known, as `aliveSeconds`. */
  readonly startedSeconds: number
  /** When it was seen alive last, to some seconds. */
  readonly aliveSeconds: number
  readonly inHand: readonly { readonly hypervisor: string; readonly doing: string }[]
}

/** All that the reporting side (metrics, alerts, history) hears of. */
export type ControllerEvent =
  | { readonly type: 'reconciled'; readonly report: ReconcileReport; readonly commit?: CommitInfo }
  /** Nothing could be read from the host; `kind` is that of the HostError. */
  | {
      readonly type: 'hostFailed'
      readonly hypervisor: HypervisorName
      readonly kind: string
      readonly message: string
      readonly atSeconds: number
    }
  /** A commit was read: with errors (some manifests stay at their last good version) or without. */
  | { readonly type: 'committed'; readonly commit: CommitInfo; readonly diagnostics: readonly Diagnostic[]; readonly atSeconds: number }
  | {
      readonly type: 'git'
      readonly status: 'ok' | 'trouble'
      readonly message: string
      readonly atSeconds: number
      /** Commits that do not come into force. */
      readonly refused?: RefusedCommits
    }
  /** The hypervisor is in the fleet no more. */
  | { readonly type: 'removed'; readonly hypervisor: HypervisorName; readonly atSeconds: number }
  /** The run before did not end in order. */
  | { readonly type: 'uncleanStop'; readonly stop: UncleanStop; readonly atSeconds: number }
  /** `failing`: so many deliveries in a row were signed with another secret than ours; `accepted`: one was signed rightly. */
  | {
      readonly type: 'webhook'
      readonly status: 'accepted' | 'failing'
      readonly failures: number
      readonly message: string
      readonly atSeconds: number
    }
  /** Whether this replica is certain of what it is in charge of. */
  | { readonly type: 'etcd'; readonly status: 'ok' | 'trouble'; readonly message: string; readonly atSeconds: number }
  /** Nothing but time went by. */
  | { readonly type: 'tick'; readonly atSeconds: number }
