export type CommitState = 'pending' | 'success' | 'failure'

/** What a forge shows beside a commit. */
export interface CommitVerdict {
  /** Its full hash. */
  readonly commit: string
  /** `validate`: are its manifests right · `apply`: is it in force. */
  readonly about: 'validate' | 'apply'
  readonly state: CommitState
  /** One line for people. */
  readonly description: string
}

/** A forge that is told; the last word about a commit is what it comes to show. */
export interface CommitStatus {
  /** Never throws, and nothing waits for it. */
  tell(verdict: CommitVerdict): void
}
