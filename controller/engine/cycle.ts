import type { ClockReading } from '../model/event.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { Reading } from '../model/kind.ts'
import type { Observed } from '../model/observation.ts'
import type { TransactionOutcome } from '../model/outcome.ts'
import type { Plan, PlannedChange, Transaction } from '../model/plan.ts'
import type { RunningApply } from './busy.ts'

/**
 * How a cycle ended. `noop`: all was as wanted · `converged`: changed and proven · `waiting`: something is still being made, or another writer is at work ·
 * `withheld`: a brake or a refusal needs a person or a commit · `failed`: a transaction failed and was undone · `held`: the console's hold, or a suspension of the whole host, is in force.
 */
export type CycleStatus = 'noop' | 'converged' | 'waiting' | 'withheld' | 'failed' | 'held'

/** One transaction that was carried out, and what became of it. */
export interface Applied {
  readonly transaction: Transaction
  readonly outcome: TransactionOutcome
  /** Its only owner is at fault, and is held back: what was in force of it before still is. */
  readonly isHeldBack?: true
}

/** What a cycle did and nobody was told yet: it is lost where the line breaks before the last of its replies came. */
export interface Unheard {
  /** Under way as it was written down. */
  readonly plan: Plan
  readonly drift: readonly PlannedChange[]
  /** What became of the plans before it. */
  readonly applied: readonly Applied[]
}

/** One observe → plan → apply → verify, up to three passes, of one hypervisor. */
export interface Cycle {
  readonly hypervisor: HypervisorName
  readonly commit: string
  readonly status: CycleStatus
  /** One line for people: why it is not converged. */
  readonly message: string
  /** It waits for nothing but what other placements or hypervisors come to: that wakes it. */
  readonly isWoken?: true
  readonly passes: number
  readonly roundTrips: number
  /** Milliseconds by phase. */
  readonly phasesMs: { readonly observe: number; readonly plan: number; readonly apply: number }
  /** What had moved on the host: as the first pass found it, and what a later one found and put right. */
  readonly drift: readonly PlannedChange[]
  readonly applied: readonly Applied[]
  /** The plan of the last observation: what is still withheld, refused, orphaned, unknown. */
  readonly plan: Plan
  /** Jobs that ended since the last cycle. */
  readonly finishedJobs: readonly { readonly items: readonly string[]; readonly isDone: boolean; readonly stderr: string }[]
  /** Interrupted applies that were undone or finished before anything was planned. */
  readonly recovered: readonly string[]
  /** An apply that was interrupted and cannot be undone: until a person helps nothing is changed on this host. */
  readonly stuck?: string
  /** Things that a job makes at this moment. */
  readonly inProgress: readonly string[]
  readonly hold: string | undefined
  /** Why the whole host is suspended. */
  readonly suspended?: string
  /** An apply that ran while the host was last read: then the plan is empty, and drift is only what this cycle put right itself. */
  readonly busy: RunningApply | undefined
  readonly vitals: ReadonlyMap<string, Reading>
  /** What was last seen of each thing, by ledger key: other hypervisors may look at it. Empty while another apply is at work. */
  readonly items: ReadonlyMap<string, Observed<unknown>>
  readonly clockSeconds: number
  /** Seconds since the host's boot before it was last read; undefined where it did not say. */
  readonly uptimeSeconds: number | undefined
  readonly clock: ClockReading | undefined
}

/** Why a host must not be changed at all, found before planning. A person is needed: it stalls until then. */
export interface HostRefusal {
  readonly reason: 'ForeignFleet' | 'ForeignMachine' | 'LedgerUnreadable' | 'NewerOwner'
  readonly message: string
}

/** Thrown by reconcile where the host refuses as a whole. */
export class HostRefusedError extends Error {
  readonly refusal: HostRefusal
  constructor(refusal: HostRefusal) {
    super(refusal.message)
    this.name = 'HostRefusedError'
    this.refusal = refusal
  }
}
