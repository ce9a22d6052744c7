/** What became of one transaction on the host. */
export type TransactionOutcome =
  | { readonly status: 'done' }
  | { readonly status: 'started' }
  | { readonly status: 'skipped'; readonly because: string }
  | { readonly status: 'refused'; readonly step: string; readonly because: string }
  | {
      readonly status: 'failed'
      readonly step: string
      readonly exitCode: number
      readonly stderr: string
      readonly undone: boolean
      /** It never came to a judgement of what was wanted: cut off in the middle, its container could not be entered. */
      readonly isCut?: true
    }

/** Words of a daemon's checker that fails on what is live too, for a reason that lies in nothing of Reeve's: no manifest is at fault then. */
export const brokenBefore = 'the configuration is already broken without this change (not of this change)'
