/** Why one commit is not trusted. */
export const commitFaults = ['unsigned', 'unknownKey', 'badSignature', 'expiredKey', 'revokedKey', 'unreadableSignature'] as const
export type CommitFault = (typeof commitFaults)[number]

/** Why a range of commits does not come into force: a fault of one of them, or of the range as a whole. */
export const refusals = [...commitFaults, 'older', 'rewritten', 'emptied', 'tooMany', 'signers'] as const
export type RefusalReason = (typeof refusals)[number]

/** One commit that is not trusted. Author and subject are whatever its maker wrote. */
export interface RefusedCommit {
  readonly commit: string
  readonly author: string
  readonly subject: string
  readonly fault: CommitFault
  /** A sentence: what is wrong with its signature. */
  readonly because: string
}

/** Commits that were brought over and do not come into force: none of them, up to the branch's head. */
export interface RefusedCommits {
  /** The branch's newest commit. */
  readonly head: string
  /** The commit that stays in force; undefined where none ever was. */
  readonly inForce: string | undefined
  readonly reason: RefusalReason
  /** A sentence for people. */
  readonly because: string
  readonly todo: string
  /** Those that are not trusted, oldest first; at most 50 of `count`. */
  readonly commits: readonly RefusedCommit[]
  readonly count: number
  /** What `reeve approve` takes; absent where nobody can approve it. */
  readonly approval?: string
}
