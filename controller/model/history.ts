/** What history is kept about. */
export const historySorts = ['commit', 'reconcile', 'drift', 'mail', 'approval', 'silence', 'suspension', 'command', 'webhook'] as const
export type HistorySort = (typeof historySorts)[number]

export interface HistoryEntry {
  readonly atSeconds: number
  readonly sort: HistorySort
  /** Hypervisor, commit or mail that it is about. */
  readonly subject: string
  /** The commit that was in force, where something was done or found by it. */
  readonly commit?: string
  readonly detail: unknown
}

export interface HistoryFilter {
  readonly sort?: HistorySort
  /** A commit may be told by the first 6 or more of its digits. */
  readonly subject?: string
  /** What this commit did: the commit itself, and every cycle that it changed something by. As many of its digits as are known, at least 6. */
  readonly commit?: string
  /** `Kind/name`: drift and changes of this manifest. */
  readonly manifest?: string
  readonly sinceSeconds?: number
  readonly untilSeconds?: number
  /** Newest first, so many. */
  readonly limit: number
}
