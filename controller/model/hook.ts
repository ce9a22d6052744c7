/** What becomes of a request to the webhooks' listener. */
export const hookResults = [
  /** A push to our branch: the repository is asked at once. */
  'accepted',
  /** Signed rightly, and nothing that concerns us. */
  'ignored',
  /** Signed rightly, and taken before. */
  'replayed',
  /** Without a signature, or with one of a wrong form. */
  'unsigned',
  'wrongSignature',
  /** Signed rightly, at another time. */
  'stale',
  /** Signed rightly, and not to be understood; or no HTTP at all. */
  'malformed',
  'tooLarge',
  'rateLimited',
  /** Another path or method. */
  'notFound',
  /** The secret cannot be read. */
  'noSecret',
] as const
export type HookResult = (typeof hookResults)[number]

export interface Push {
  readonly branch: string
  /** What the branch is at now, as the forge says. */
  readonly commit: string | undefined
}

/** One request, without anything of its body that was not verified. */
export interface HookSeen {
  readonly result: HookResult
  /** Address that it came from, or `unknown`. */
  readonly source: string
  /** One line for the answer and the log. */
  readonly message: string
  /** The forge's id of a verified delivery. */
  readonly delivery?: string
  /** Of what was accepted. */
  readonly push?: Push
}
