import type { ManifestId } from '../model/ids.ts'
import { typeOf } from '../model/ids.ts'
import { type LedgerEntry, ledgerKey } from '../model/ledger.ts'
import type { Known, Observed } from '../model/observation.ts'
import type { Plan, PlannedChange, Transaction, Withheld } from '../model/plan.ts'
import type { Retirement, StepContext } from '../model/primitive.ts'
import { targetFromKey, targetKey } from '../model/target.ts'
import { approvalHash, brakeOf, isMassDelete } from './brake.ts'
import type { PlanInput } from './input.ts'

export interface Retirements {
  readonly transactions: readonly Transaction[]
  readonly withheld: readonly Withheld[]
  readonly forgotten: Plan['forgotten']
  readonly orphans: Plan['orphans']
}

type Orphan = Plan['orphans'][number]
type Verdict = { readonly forget: LedgerEntry } | { readonly orphan: Orphan } | { readonly retire: Transaction }

/** What the ledger owns and nobody asks for any more: retired where Git surely gave it up, kept and reported otherwise. */
export function planRetirements(input: PlanInput): Retirements {
  const asked = new Set(input.desired.items.map((item) => ledgerKey(targetKey(item.target), item.spec.id)))
  const given = [...(input.ledger?.entries ?? [])].filter(([key]) => !asked.has(key)).map(([, entry]) => entry)
  const verdicts = given.map((entry) => judge(entry, input))
  const retired = verdicts.flatMap((verdict) => ('retire' in verdict ? [verdict.retire] : []))
  const held = holdBack(retired, input)
  return {
    transactions: insideFirst(
      retired.filter((transaction) => !held.has(transaction)),
      input,
    ),
    withheld: [...new Set(held.values())],
    forgotten: verdicts.flatMap((verdict) =>
      'forget' in verdict && !isSuspended(verdict.forget, input) ? [{ target: verdict.forget.target, id: verdict.forget.id }] : [],
    ),
    orphans: [...verdicts.flatMap((verdict) => ('orphan' in verdict ? [verdict.orphan] : [])), ...markedOrphans(input, asked)],
  }
}

function judge(entry: LedgerEntry, input: PlanInput): Verdict {
  const removal = input.removalOf(entry)
  if (removal.status === 'frozen') return { orphan: orphan(entry, removal.because) }
  const observed: Observed<unknown> = input.observed.get(ledgerKey(entry.target, entry.id)) ?? {
    status: 'unknown',
    reason: 'it was not probed',
  }
  if (observed.status === 'unknown') return { orphan: orphan(entry, `kept while it cannot be seen: ${observed.reason}`) }
  if (observed.status === 'absent') return { forget: entry }
  return retire(entry, observed, input)
}

function retire(entry: LedgerEntry, observed: Known<unknown>, input: PlanInput): Verdict {
  const primitive = input.primitives.get(typeOf(entry.id))
  if (entry.deletionPolicy === 'Retain' && !primitive?.retiresRetained) return { orphan: orphan(entry, keptBy(entry)) }
  const retirement = primitive?.retire?.(entry, observed, contextOf(entry, input))
  if (retirement === undefined && entry.deletionPolicy === 'Delete' && primitive !== undefined) return { forget: entry }
  if (retirement === undefined || retirement.steps.length === 0)
    return {
      orphan: orphan(entry, keptBy(entry, retirement?.keptBecause)),
    }
  const target = targetFromKey(input.desired.hypervisor, entry.target)
  const change: PlannedChange = {
    id: entry.id,
    action: 'delete',
    impact: retirement.impact,
    fields: [{ field: 'existence', before: 'present', after: undefined, cause: 'pending' }],
    target,
    owners: entry.owners as readonly ManifestId[],
  }
  return {
    retire: {
      target,
      changes: [change],
      steps: retirement.steps,
      owners: change.owners,
      needs: [],
      isJob: false,
      // Undone, it is ours as before: also where it was killed when the ledger had said already that it is gone.
      ledger: { begun: [], done: leftBy(retirement, entry, input), undone: [entry], removed: [{ target: entry.target, id: entry.id }] },
    },
  }
}

/** Of what is suspended not even the ledger is written. */
function isSuspended(entry: LedgerEntry, { policy }: PlanInput): boolean {
  return entry.owners.some((owner) => policy.suspendedBecause(owner as ManifestId) !== undefined)
}

function leftBy({ leaves }: Retirement, entry: LedgerEntry, { desired }: PlanInput): readonly LedgerEntry[] {
  if (leaves === undefined) return []
  const { target, owners, files, deletionPolicy } = entry
  return [{ target, owners, files, deletionPolicy, id: leaves, fields: {}, state: 'done', commit: desired.commit }]
}

/** What the steps may know of a thing that only the ledger, or its mark, still names. */
export function contextOf(entry: LedgerEntry, input: PlanInput): StepContext {
  return {
    fleet: input.desired.fleet,
    owners: entry.owners,
    last: entry,
    staged: [],
    ...(input.nowSeconds === undefined ? {} : { nowSeconds: input.nowSeconds }),
    observed: (id) => {
      const found = input.observed.get(ledgerKey(entry.target, id))
      return found === undefined || found.status === 'unknown' ? undefined : found
    },
    peers: input.peers,
  }
}

function keptBy(entry: LedgerEntry, because = `deletionPolicy is ${entry.deletionPolicy}`): string {
  return `its manifest is gone; kept because ${because}`
}

function orphan(entry: LedgerEntry, because: string): Orphan {
  return { target: entry.target, id: entry.id, owners: entry.owners, because }
}

/** Things that carry our mark and that neither Git nor the ledger knows (the ledger was lost): kept, told. */
function markedOrphans(input: PlanInput, asked: ReadonlySet<string>): readonly Orphan[] {
  return input.marked
    .filter(
      ({ target, id, mark }) =>
        mark.fleet === input.desired.fleet && !asked.has(ledgerKey(target, id)) && !input.ledger?.entries.has(ledgerKey(target, id)),
    )
    .map(({ target, id, mark }) => ({
      target,
      id,
      owners: [mark.owner],
      because: 'it carries the mark of this fleet, and neither Git nor the ledger knows it; kept',
    }))
}

function holdBack(retired: readonly Transaction[], input: PlanInput): ReadonlyMap<Transaction, Withheld> {
  const changes = retired.flatMap((transaction) => transaction.changes)
  if (isMassDelete(retired.length, input.ledger?.entries.size ?? 0)) {
    const approval = approvalHash(input.desired.hypervisor, 'MassDelete', changes)
    const withheld: Withheld = {
      brake: 'MassDelete',
      changes,
      approval,
      because: `${retired.length} of ${input.ledger?.entries.size ?? 0} things that Reeve owns here would be removed at once`,
    }
    if (!input.policy.approvals.has(approval)) return new Map(retired.map((transaction) => [transaction, withheld]))
    // Consent to so many removals at once says nothing of those that a person suspended, nor of what nobody can consent to.
    return new Map(retired.flatMap((transaction) => disruptive(transaction, input)).filter(([, { approval }]) => approval === undefined))
  }
  return new Map(retired.flatMap((transaction) => disruptive(transaction, input)))
}

function disruptive(transaction: Transaction, input: PlanInput): readonly (readonly [Transaction, Withheld])[] {
  const change = transaction.changes[0]
  if (change === undefined) return []
  const spec = { type: typeOf(change.id), id: change.id, restarts: 'Always' as const }
  const withheld = brakeOf(input.desired.hypervisor, [{ change, spec, isForeign: false }], input.policy)
  return withheld ? [[transaction, withheld]] : []
}

/** What is inside a container goes before the container; what services load goes before them; what others lie on goes last; else what was recorded last goes first. */
function insideFirst(transactions: readonly Transaction[], { primitives }: PlanInput): readonly Transaction[] {
  const isLoaded = ({ changes }: Transaction) => changes.every((change) => primitives.get(typeOf(change.id))?.isLoaded)
  const isGround = ({ changes }: Transaction) => changes.every((change) => primitives.get(typeOf(change.id))?.isGround)
  const rank = (transaction: Transaction) => (isLoaded(transaction) ? 0 : isGround(transaction) ? 2 : 1)
  const sorted = [...transactions].reverse().sort((one, other) => rank(one) - rank(other))
  return [
    ...sorted.filter((transaction) => transaction.target.inside !== undefined),
    ...sorted.filter((transaction) => transaction.target.inside === undefined),
  ]
}
