import type { Condition, ConditionType } from '../model/condition.ts'
import type { ManifestId } from '../model/ids.ts'

/**
 * How one placement of a manifest stands. `converged`: as wanted and verified · `progressing`: a job runs, or its turn has not come ·
 * `retrying`: failed, is tried again · `stalled`: refused, needs a commit or a person · `withheld`: a brake, window or hold keeps a change back ·
 * `unknown`: could not be read.
 */
export interface PlacementFacts {
  /** `he1/web`. */
  readonly target: string
  readonly state: 'converged' | 'progressing' | 'retrying' | 'stalled' | 'withheld' | 'unknown'
  /** CamelCase, for machines: `CheckFailed`, `MassDelete`, `Unreachable`. */
  readonly reason: string
  readonly message: string
  /** Fields that drift and were not put right. */
  readonly driftingFields: number
  readonly health: readonly { readonly healthy: boolean | 'unknown'; readonly reason: string; readonly message: string }[]
}

export interface ManifestFacts {
  readonly manifest: ManifestId
  /** Hash of the content in force. */
  readonly generation: string
  /** Errors of its newest version; then what is in force is an older one. */
  readonly errors: readonly string[]
  readonly suspended?: { readonly reason: string }
  /** Empty: this kind is placed nowhere. */
  readonly placements: readonly PlacementFacts[]
}

/** How a manifest stands, as it is shown, and as it was worked out last time. */
export interface Standing {
  readonly generation: string
  /** The generation that Ready or Stalled is about; behind `generation` while work on that is under way. */
  readonly observedGeneration: string
  readonly conditions: readonly Condition[]
}

type Verdict = Omit<Condition, 'type' | 'sinceSeconds'>

/** Conditions of a manifest with kstatus' meanings; the time of each moves only with its status. */
export function computeStanding(facts: ManifestFacts, previous: Standing | undefined, nowSeconds: number): Standing {
  const verdicts: Readonly<Record<ConditionType, Verdict>> = {
    Ready: ready(facts),
    Reconciling: reconciling(facts),
    Stalled: stalled(facts),
    Healthy: healthy(facts),
    Drifted: drifted(facts),
    Suspended: facts.suspended ? yes('Suspended', facts.suspended.reason) : no('Active', 'not suspended'),
  }
  const conditions = Object.entries(verdicts).map(([type, verdict]) => dated(type as ConditionType, verdict, previous, nowSeconds))
  const isSettled = verdicts.Ready.status === true || verdicts.Stalled.status === true
  return {
    generation: facts.generation,
    observedGeneration: isSettled ? facts.generation : (previous?.observedGeneration ?? ''),
    conditions,
  }
}

function dated(type: ConditionType, verdict: Verdict, previous: Standing | undefined, nowSeconds: number): Condition {
  const before = previous?.conditions.find((condition) => condition.type === type)
  const sinceSeconds = before?.status === verdict.status ? before.sinceSeconds : nowSeconds
  return { type, ...verdict, sinceSeconds }
}

function ready(facts: ManifestFacts): Verdict {
  const bad = stalled(facts)
  if (bad.status === true) return no(bad.reason, bad.message)
  const failing = first(facts, 'retrying') ?? first(facts, 'withheld')
  if (failing) return no(failing.reason, at(failing))
  const unknown = first(facts, 'unknown')
  if (unknown) return { status: 'unknown', reason: unknown.reason, message: at(unknown) }
  const moving = first(facts, 'progressing')
  if (moving) return { status: 'unknown', reason: moving.reason, message: at(moving) }
  return yes(
    'Converged',
    facts.placements.length === 0 ? 'placed nowhere' : `as Git says on ${facts.placements.map((each) => each.target).join(', ')}`,
  )
}

function reconciling(facts: ManifestFacts): Verdict {
  const moving = first(facts, 'progressing') ?? first(facts, 'retrying')
  return moving ? yes(moving.reason, at(moving)) : no('Idle', 'nothing under way')
}

function stalled(facts: ManifestFacts): Verdict {
  const [error] = facts.errors
  if (error !== undefined) return yes('Invalid', error)
  const stuck = first(facts, 'stalled')
  return stuck ? yes(stuck.reason, at(stuck)) : no('Free', 'nothing stands in the way')
}

/** The worst of all placements: false, then unknown, then true. Without vitals nothing is claimed. */
function healthy(facts: ManifestFacts): Verdict {
  const all = facts.placements.flatMap((placement) => placement.health.map((health) => ({ ...health, target: placement.target })))
  const worst = all.find(({ healthy }) => healthy === false) ?? all.find(({ healthy }) => healthy === 'unknown') ?? all[0]
  if (!worst) return { status: 'unknown', reason: 'NotProbed', message: 'has no vitals, or they were not read yet' }
  return { status: worst.healthy, reason: worst.reason, message: `${worst.target}: ${worst.message}` }
}

function drifted(facts: ManifestFacts): Verdict {
  const adrift = facts.placements.filter((placement) => placement.driftingFields > 0)
  if (adrift.length > 0) {
    const fields = adrift.reduce((sum, placement) => sum + placement.driftingFields, 0)
    return yes('DriftOpen', `${fields} field(s) on ${adrift.map((placement) => placement.target).join(', ')}`)
  }
  const unread = first(facts, 'unknown')
  return unread ? { status: 'unknown', reason: unread.reason, message: at(unread) } : no('InSync', 'the host is as Reeve left it')
}

function first(facts: ManifestFacts, state: PlacementFacts['state']): PlacementFacts | undefined {
  return facts.placements.find((placement) => placement.state === state)
}

function at({ target, message }: PlacementFacts): string {
  return `${target}: ${message}`
}

function yes(reason: string, message: string): Verdict {
  return { status: true, reason, message }
}

function no(reason: string, message: string): Verdict {
  return { status: false, reason, message }
}
