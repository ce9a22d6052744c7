import type { ActResult } from './acts.ts'

/** What `--json` writes; the tests read it. */
export interface Outcome {
  readonly version: 1
  readonly isTrue: boolean
  /** Why, where it is not. */
  readonly error?: string
  readonly seconds: { readonly lab?: number; readonly converged?: number; readonly sinceController?: number; readonly all: number }
  readonly acts: readonly ActResult[]
}
