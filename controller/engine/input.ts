import type { ManifestId, PrimitiveId } from '../model/ids.ts'
import type { Ledger, LedgerEntry } from '../model/ledger.ts'
import type { Mark, Observed } from '../model/observation.ts'
import type { DesiredState } from '../model/plan.ts'
import type { AnyPrimitive } from '../model/primitive.ts'
import type { Policy } from './brake.ts'
import type { PeerView } from './peers.ts'

/** Did Git really give this up (DESIGN §1.6)? */
export type Removal = { readonly status: 'removed' } | { readonly status: 'frozen'; readonly because: string }

/** All that a plan is made from. */
export interface PlanInput {
  readonly desired: DesiredState
  readonly ledger: Ledger | undefined
  readonly observed: ReadonlyMap<string, Observed<unknown>>
  /** Marked as ours on the host, whoever asked. */
  readonly marked: readonly { readonly target: string; readonly id: PrimitiveId; readonly mark: Mark }[]
  readonly primitives: ReadonlyMap<string, AnyPrimitive>
  readonly policy: Policy
  /** What other targets said last. */
  readonly peers: PeerView
  /** The controller's clock, seconds since 1970; absent: nothing that waits for a day is due. */
  readonly nowSeconds?: number
  /** File in Git of a manifest. */
  sourceFile(owner: ManifestId): string
  /** What is tried may be undone at once: that a version of a manifest asks for the same is written when it stands. */
  readonly isTrial?: boolean
  /** Generation of a manifest as it is wanted here; undefined where nobody knows. */
  generationOf?(owner: ManifestId): string | undefined
  /** May what this entry's owners asked for be removed? */
  removalOf(entry: LedgerEntry): Removal
}
