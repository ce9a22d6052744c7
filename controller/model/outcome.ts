/** What became of one transaction on the host. */
export type TransactionOutcome =
  | { readonly status: 'done' }
  | { readonly status: 'started' }
  | { readonly status: 'skipped'; readonly because: string }
  | { readonly status: 'refused'; readonly step: string; readonly because: string }
  | { readonly status: 'failed'; readonly step: string; readonly exitCode: number; readonly stderr: string; readonly undone: boolean }
