/** A key as etcd has it. Revisions are those of the whole store. */
export interface Entry {
  readonly key: string
  readonly value: string
  readonly createRevision: number
  readonly modRevision: number
}

export interface Page {
  readonly entries: readonly Entry[]
  /** Of the store when it was read. */
  readonly revision: number
}
