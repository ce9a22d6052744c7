import type { Change } from './change.ts'
import type { HypervisorName, ManifestId } from './ids.ts'
import type { Desired, OwnedVital } from './kind.ts'
import type { LedgerEntry } from './ledger.ts'
import type { Step, Verdict } from './primitive.ts'
import type { Target } from './target.ts'

/** All that is wanted of one hypervisor and its containers. Same commit, same bytes. */
export interface DesiredState {
  readonly hypervisor: HypervisorName
  readonly fleet: string
  readonly commit: string
  readonly items: readonly Desired[]
  readonly vitals: readonly OwnedVital[]
}

/** A planned change with those who asked for it. */
export interface PlannedChange extends Change {
  readonly target: Target
  readonly owners: readonly ManifestId[]
}

/** Steps that are done or undone together, on one target. */
export interface Transaction {
  readonly target: Target
  readonly changes: readonly PlannedChange[]
  readonly steps: readonly Step[]
  readonly owners: readonly ManifestId[]
  readonly verdict?: Verdict
  /** Positions in the plan of the transactions that must have been done before. */
  readonly needs: readonly number[]
  /** Runs in its own unit, outside the host's lock. */
  readonly isJob: boolean
  /** Ledger lines: before its first step, when done, when undone. */
  readonly ledger: {
    readonly begun: readonly LedgerEntry[]
    readonly done: readonly LedgerEntry[]
    readonly undone: readonly LedgerEntry[]
    readonly removed: readonly { readonly target: string; readonly id: string }[]
  }
}

/**
 * Why planned changes are not carried out now. `Peer`: another hypervisor has not yet said what this change looks at · `Rollout`: a placement of the
 * same manifest comes first. Both end by a wake-up. `OwnMachine`: it could end the controller itself, which runs there.
 */
export const brakes = [
  'MassDelete',
  'Restart',
  'Outage',
  'DataLoss',
  'Adopt',
  'Report',
  'Waiting',
  'Hold',
  'Suspended',
  'Frozen',
  'Peer',
  'Rollout',
  'OwnMachine',
] as const
export type Brake = (typeof brakes)[number]

/** Brakes that end by themselves, and need nobody. */
export const passingBrakes: readonly Brake[] = ['Waiting', 'Peer', 'Rollout']

export interface Withheld {
  readonly brake: Brake
  readonly changes: readonly PlannedChange[]
  readonly because: string
  /** Hash to approve, where a person's approval would let it through. */
  readonly approval?: string
}

/** A thing that cannot or must not be made as wanted. */
export interface Refusal {
  readonly target: Target
  readonly id: string
  readonly owners: readonly ManifestId[]
  readonly reasons: readonly string[]
}

/** Ordered transactions for one hypervisor. */
export interface Plan {
  /** Hash of its content: a person can approve exactly this. */
  readonly id: string
  readonly hypervisor: HypervisorName
  readonly commit: string
  readonly ledgerGeneration: number
  readonly transactions: readonly Transaction[]
  /** Ledger lines that need no step: taken over because equal, or finished by a job. */
  readonly records: readonly LedgerEntry[]
  /** Ledger entries whose thing is gone already, or is given up: they are dropped without a step. */
  readonly forgotten: readonly { readonly target: string; readonly id: string }[]
  readonly withheld: readonly Withheld[]
  readonly refused: readonly Refusal[]
  /** Owned, asked for by nobody, kept. */
  readonly orphans: readonly {
    readonly target: string
    readonly id: string
    readonly owners: readonly string[]
    readonly because: string
  }[]
  /** What could not be read, and so was left alone. */
  readonly unknown: readonly {
    readonly target: Target
    readonly id: string
    readonly owners: readonly ManifestId[]
    readonly reason: string
  }[]
}
