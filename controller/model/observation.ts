import type { PrimitiveId } from './ids.ts'

/** The sign of ownership on the thing itself: which fleet's, and which manifest asked for it. */
export interface Mark {
  readonly fleet: string
  readonly owner: string
}

/** What is there: three answers, not two. What could not be read is unknown, never absent. */
export type Observed<O> = Known<O> | { readonly status: 'unknown'; readonly reason: string }

export type Known<O> = { readonly status: 'present'; readonly state: O; readonly mark?: Mark } | Absent

/** `around`: what the probe read about the place where it would stand (free space, what is in the way), for the primitive's own diff and steps to refuse by. */
export interface Absent {
  readonly status: 'absent'
  readonly around?: unknown
}

/** What a primitive's parser read from its probe. */
export interface Parsed<O> {
  readonly items: ReadonlyMap<PrimitiveId, Observed<O>>
  /** Things on the host that carry a mark of ours and that nobody asked about: candidates for orphans. */
  readonly marked?: readonly { readonly id: PrimitiveId; readonly mark: Mark }[]
}
