import type { PrimitiveId } from './ids.ts'

/** The newest ledger format this program reads and writes. */
export const ledgerFormat = 1

/** First truth of a host about itself and its fleet; rewritten with each apply. */
export interface LedgerHeader {
  readonly format: number
  readonly fleet: string
  readonly hypervisor: string
  /** /etc/machine-id of the host that the ledger was written on (machine-id(5)). */
  readonly machineId: string
  readonly epoch: number
  /** Moves with each apply and each undo; a plan made from another generation is refused on the host. */
  readonly generation: number
  /** The commit of the last apply. */
  readonly commit: string
}

export type DeletionPolicy = 'Retain' | 'Unmount' | 'Delete'

/** One thing that Reeve owns on the host. */
export interface LedgerEntry {
  /** `he1` or `he1/web`. */
  readonly target: string
  readonly id: PrimitiveId
  /** Ids of the manifests that asked for it. */
  readonly owners: readonly string[]
  /** Files of Git that those manifests stood in. */
  readonly files: readonly string[]
  /** Of a thing that several ask for: by manifest, the first 12 digits of the generation that is in force here. */
  readonly versions?: Readonly<Record<string, string>>
  /** Hash of each field of the spec that was last applied. */
  readonly fields: Readonly<Record<string, string>>
  /** What was there before us, for restoring when the manifest goes; opaque to all but the primitive. */
  readonly previous?: string
  readonly deletionPolicy: DeletionPolicy
  readonly state: 'begun' | 'done' | 'undone'
  /** Commit of the last change. */
  readonly commit: string
}

export interface Ledger {
  readonly header: LedgerHeader
  /** By `target id`, as `ledgerKey` writes it. */
  readonly entries: ReadonlyMap<string, LedgerEntry>
}

export function ledgerKey(target: string, id: PrimitiveId): string {
  return `${target} ${id}`
}

/** A generation as the ledger writes it. */
export function shortGeneration(generation: string): string {
  return generation.slice(0, 12)
}
