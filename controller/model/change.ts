import type { PrimitiveId } from './ids.ts'

/** What a change costs the running system, mildest first. */
export const impacts = ['none', 'reload', 'restart', 'outage', 'dataLoss'] as const
export type Impact = (typeof impacts)[number]

/** Git moved, or the host moved: the ledger says which. `peer`: neither; what a peer says has moved, and is followed at any time without being drift. */
export type Cause = 'pending' | 'drift' | 'peer'

/** One differing field as a primitive's diff sees it. `before`/`after` are for people and may be long text (shown as a unified diff). */
export interface FieldDifference {
  readonly field: string
  readonly before: string | undefined
  readonly after: string | undefined
  /** What is there is as it was last written: something elsewhere moved. */
  readonly byPeer?: true
}

export interface FieldChange extends FieldDifference {
  readonly cause: Cause
}

export type Action = 'create' | 'update' | 'delete'

/** A change as a primitive's diff asks for it; the engine adds the cause of each field. */
export interface WantedChange {
  readonly action: Action
  readonly impact: Impact
  readonly fields: readonly FieldDifference[]
}

export interface Change {
  readonly id: PrimitiveId
  readonly action: Action
  readonly impact: Impact
  readonly fields: readonly FieldChange[]
}

/** What a diff answers. `refused`: the host cannot or must not be made so (shrink, volume group full); becomes a diagnostic at the manifest's line. */
export type Difference =
  | { readonly status: 'same' }
  | { readonly status: 'change'; readonly change: WantedChange }
  | { readonly status: 'refused'; readonly reasons: readonly string[] }

export const same: Difference = { status: 'same' }

/** The worst of several impacts. */
export function worstImpact(all: readonly Impact[]): Impact {
  return impacts[Math.max(0, ...all.map((impact) => impacts.indexOf(impact)))] ?? 'none'
}
