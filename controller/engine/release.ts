import type { ManifestId } from '../model/ids.ts'
import { typeOf } from '../model/ids.ts'
import { type LedgerEntry, ledgerKey } from '../model/ledger.ts'
import type { Known, Mark } from '../model/observation.ts'
import type { Plan, PlannedChange, Transaction } from '../model/plan.ts'
import type { AnyPrimitive, Step } from '../model/primitive.ts'
import { targetFromKey, targetKey } from '../model/target.ts'
import type { PlanInput } from './input.ts'
import { planHash } from './plan.ts'
import { contextOf } from './retire.ts'

export interface ReleaseTerms {
  /** Goes on where something cannot be seen: it keeps its mark, and the ledger forgets it. */
  readonly leavesUnknown: boolean
}

type Verdict = { readonly unknown: Plan['unknown'][number] } | { readonly forget: LedgerEntry } | { readonly release: Transaction }

/**
 * Lets go of all that the ledger owns, and of all that carries the fleet's mark: each thing stays as it is, and only its mark goes. All or nothing: while
 * something cannot be seen nothing is planned, unless the terms leave it behind. Pure.
 */
export function planRelease(input: PlanInput, { leavesUnknown }: ReleaseTerms): Plan {
  const verdicts = insideFirst(owned(input)).map((entry) => judge(entry, input))
  const unknown = verdicts.flatMap((verdict) => ('unknown' in verdict ? [verdict.unknown] : []))
  const isBlocked = unknown.length > 0 && !leavesUnknown
  const left = unknown.map(({ target, id }) => ({ target: targetKey(target), id }))
  const forgotten = verdicts.flatMap((verdict) => ('forget' in verdict ? [{ target: verdict.forget.target, id: verdict.forget.id }] : []))
  const plan = {
    hypervisor: input.desired.hypervisor,
    commit: input.desired.commit,
    ledgerGeneration: input.ledger?.header.generation ?? 0,
    transactions: isBlocked ? [] : verdicts.flatMap((verdict) => ('release' in verdict ? [verdict.release] : [])),
    records: [],
    forgotten: isBlocked ? [] : [...forgotten, ...left].filter(({ target, id }) => input.ledger?.entries.has(`${target} ${id}`)),
    withheld: [],
    refused: [],
    orphans: [],
    unknown: isBlocked ? unknown : [],
  }
  return { id: planHash(plan), ...plan }
}

/**
 * The ledger's entries, and one for each thing that it does not know and that carries our mark. Where there is no ledger, for it was lost, also for all that
 * is asked for and may carry it: whether it does is told on the host. What is another fleet's is left alone.
 */
function owned({ ledger, observed, marked, desired }: PlanInput): readonly LedgerEntry[] {
  const entries = new Map(ledger?.entries)
  const add = (target: string, id: LedgerEntry['id'], owners: readonly string[]): void => {
    const unknown = { files: [], fields: {}, deletionPolicy: 'Retain', state: 'done', commit: desired.commit } as const
    if (!entries.has(ledgerKey(target, id))) entries.set(ledgerKey(target, id), { ...unknown, target, id, owners })
  }
  const isOurs = (mark: Mark | undefined): boolean => mark?.fleet === desired.fleet
  for (const { target, id, mark } of marked) if (isOurs(mark)) add(target, id, [mark.owner])
  for (const { target, spec, owners } of ledger === undefined ? desired.items : []) {
    const found = observed.get(ledgerKey(targetKey(target), spec.id))
    if (found?.status === 'present' && (found.mark === undefined || isOurs(found.mark))) add(targetKey(target), spec.id, owners)
  }
  return [...entries.values()]
}

/** A container is let go of after what is inside it. */
function insideFirst(entries: readonly LedgerEntry[]): readonly LedgerEntry[] {
  const isInside = ({ target }: LedgerEntry): boolean => target.includes('/')
  return [...entries.filter(isInside), ...entries.filter((entry) => !isInside(entry))]
}

function judge(entry: LedgerEntry, input: PlanInput): Verdict {
  const observed = input.observed.get(ledgerKey(entry.target, entry.id)) ?? { status: 'unknown', reason: 'it was not probed' }
  const primitive = input.primitives.get(typeOf(entry.id))
  const unknown = (reason: string): Verdict => ({ unknown: { ...placeOf(entry, input), id: entry.id, reason } })
  if (primitive === undefined) return unknown(`this Reeve knows no ${typeOf(entry.id)}`)
  // It carries no mark: whether it can be seen does not matter.
  if (primitive.release === 'unmarked') return { forget: entry }
  if (observed.status === 'unknown') return unknown(observed.reason)
  if (observed.status === 'absent') return { forget: entry }
  const steps = stepsOf(primitive, entry, observed, input)
  return steps.length === 0 ? { forget: entry } : { release: transactionOf(entry, steps, input) }
}

function placeOf(entry: LedgerEntry, { desired }: PlanInput): Pick<Plan['unknown'][number], 'target' | 'owners'> {
  return { target: targetFromKey(desired.hypervisor, entry.target), owners: entry.owners as readonly ManifestId[] }
}

function stepsOf(primitive: AnyPrimitive, entry: LedgerEntry, observed: Known<unknown>, input: PlanInput): readonly Step[] {
  const context = contextOf(entry, input)
  if (typeof primitive.release === 'function') return primitive.release(entry, observed, context)
  return primitive.retire?.({ ...entry, deletionPolicy: 'Retain' }, observed, context).steps ?? []
}

function transactionOf(entry: LedgerEntry, steps: readonly Step[], input: PlanInput): Transaction {
  const { target, owners } = placeOf(entry, input)
  const mark = `${input.desired.fleet}, ${entry.owners.join(', ')}`
  const fields = [{ field: 'mark', before: mark, after: undefined, cause: 'pending' as const }]
  const change: PlannedChange = { id: entry.id, action: 'update', impact: 'none', fields, target, owners }
  // Written ahead also where only the mark told of it: cut off, the release goes on by the ledger.
  const begun = [{ ...entry, state: 'begun' as const }]
  const ledger = { begun, done: [], undone: [entry], removed: [{ target: entry.target, id: entry.id }] }
  return { target, changes: [change], steps, owners, needs: [], isJob: false, ledger }
}
