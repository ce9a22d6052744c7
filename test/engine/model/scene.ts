import type { Ledger } from '../../../controller/model/ledger.ts'
import type { ModelHost, ModelPlan } from './host.ts'

export const items = ['a', 'b', 'c', 'd'] as const

/** What may happen. `who`: one of three controllers, two of which share the fleet. */
export type Act =
  | { readonly type: 'look' | 'read' | 'apply' | 'recover' | 'discard' | 'own' | 'takeover'; readonly who: number }
  | { readonly type: 'say'; readonly who: number; readonly isGood: boolean }
  | { readonly type: 'step'; readonly process: number; readonly count: number }
  | { readonly type: 'kill'; readonly process: number }
  | { readonly type: 'power'; readonly kept: number; readonly torn: number }
  | { readonly type: 'drift'; readonly item: number }
  | { readonly type: 'tick' }
  /** A commit: what is wanted of each item (0: nothing), how they are grouped, and what of it will go wrong. */
  | {
      readonly type: 'commit'
      readonly wanted: readonly number[]
      readonly shape: number
      readonly failsAt: number
      readonly verdict: number
      readonly compacts: boolean
    }

export type Commit = Extract<Act, { type: 'commit' }>

export interface Look {
  readonly turn: number
  readonly text: string
  readonly ledger: Ledger | undefined
  /** Of the host, as it was looked at. */
  readonly boot: number
  readonly epoch: number
  readonly open: readonly ModelPlan[]
  readonly isBusy: boolean
  readonly over: readonly ModelPlan[]
}

export interface Controller {
  readonly fleet: string
  epoch: number
  commit: Commit
  look: Look | undefined
  plan: ModelPlan | undefined
  planBoot: number
  /** Delivered by it, its outcome not collected yet. */
  mine: Set<string>
}

const nothingWanted: Commit = { type: 'commit', wanted: [1, 1, 0, 0], shape: 0, failsAt: 9, verdict: 0, compacts: false }

/** One host and three controllers; what is remembered of them, to hold what happens against it. */
export interface Scene {
  readonly host: ModelHost
  readonly controllers: readonly Controller[]
  readonly plans: Map<string, ModelPlan>
  /** What went wrong, in words. */
  readonly wrong: string[]
  /** Items that a controller was told are done, as they are. */
  readonly told: Map<string, string | undefined>
  /** Plans whose verdict was said, and came in time. */
  readonly confirmed: Set<string>
  /** When a person changed an item, and when a plan was made: counted by acts. */
  readonly driftedAt: Map<string, number>
  readonly madeAt: Map<string, number>
  /** By whom each generation was begun. */
  readonly begunAt: Map<number, string>
  /** Highest epoch that has looked since the last boot. */
  inCharge: number
  /** Newest generation that was begun. */
  newest: number
  commits: number
  acts: number
}

export function createControllers(): readonly Controller[] {
  return ['ours', 'ours', 'theirs'].map((fleet, index) => ({
    fleet,
    epoch: index === 1 ? 2 : 1,
    commit: nothingWanted,
    look: undefined,
    plan: undefined,
    planBoot: 0,
    mine: new Set(),
  }))
}
