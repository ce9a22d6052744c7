/** What history is kept about. */
export const historySorts = ['commit', 'reconcile', 'drift', 'mail', 'approval', 'silence', 'webhook'] as const
export type HistorySort = (typeof historySorts)[number]

export interface HistoryEntry {
  readonly atSeconds: number
  readonly sort: HistorySort
  /** Hypervisor, commit or mail that it is about. */
  readonly subject: string
  readonly detail: unknown
}

export interface HistoryFilter {
  readonly sort?: HistorySort
  readonly subject?: string
  /** Newest first, so many. */
  readonly limit: number
}
