import type { Cause, Difference, FieldChange, FieldDifference, WantedChange } from '../model/change.ts'
import type { Desired } from '../model/kind.ts'
import { type Ledger, type LedgerEntry, ledgerKey } from '../model/ledger.ts'
import type { Known, Mark, Observed } from '../model/observation.ts'
import type { AnyPrimitive } from '../model/primitive.ts'
import { targetKey } from '../model/target.ts'
import { hashFields } from './ledger.ts'
import { type PeerView, unreadPeer, waitsForPeer } from './peers.ts'

/** One desired item held against what was found. */
export type Finding =
  | {
      readonly status: 'same'
      readonly item: Desired
      readonly observed: Known<unknown>
      readonly entry: LedgerEntry | undefined
      readonly hashes: Readonly<Record<string, string>>
    }
  | {
      readonly status: 'change'
      readonly item: Desired
      readonly observed: Known<unknown>
      readonly entry: LedgerEntry | undefined
      readonly hashes: Readonly<Record<string, string>>
      readonly wanted: WantedChange
      readonly fields: readonly FieldChange[]
      readonly isForeign: boolean
    }
  | { readonly status: 'refused'; readonly item: Desired; readonly reasons: readonly string[] }
  | { readonly status: 'unknown'; readonly item: Desired; readonly reason: string }

export interface DiffInput {
  readonly fleet: string
  readonly ledger: Ledger | undefined
  readonly observed: ReadonlyMap<string, Observed<unknown>>
  readonly primitives: ReadonlyMap<string, AnyPrimitive>
  readonly peers: PeerView
}

/** Compares every desired item; never asks a primitive about what is unknown. */
export function diffItems(items: readonly Desired[], input: DiffInput): readonly Finding[] {
  return items.map((item) => diffItem(item, input))
}

function diffItem(item: Desired, input: DiffInput): Finding {
  const primitive = input.primitives.get(item.spec.type)
  const key = ledgerKey(targetKey(item.target), item.spec.id)
  const observed = input.observed.get(key) ?? { status: 'unknown' as const, reason: 'it was not probed' }
  if (observed.status === 'unknown') return { status: 'unknown', item, reason: observed.reason }
  if (primitive === undefined) return { status: 'unknown', item, reason: `this Reeve knows no ${item.spec.type}` }
  const entry = input.ledger?.entries.get(key)
  const foreign = entry === undefined ? foreignMark(observed, input.fleet) : undefined
  if (foreign)
    return {
      status: 'refused',
      item,
      reasons: [`it belongs to fleet ${foreign.fleet} (${foreign.owner}); release it there, or take the host over with: reeve takeover`],
    }
  return judge(item, observed, entry, primitive, input)
}

function judge(
  item: Desired,
  observed: Known<unknown>,
  entry: LedgerEntry | undefined,
  primitive: AnyPrimitive,
  { fleet, peers }: DiffInput,
): Finding {
  const difference = primitive.diff(item.spec, observed, entry, peers)
  const hashes = hashFields(primitive.fields(item.spec), fleet)
  switch (difference.status) {
    case 'same':
      return { status: 'same', item, observed, entry, hashes }
    case 'refused':
      return refused(item, difference.reasons, peers)
    case 'change':
      return changed(item, observed, entry, primitive, difference, hashes, fleet)
    default:
      return difference satisfies never
  }
}

/** Before its peers were read a refusal says nothing. */
function refused(item: Desired, reasons: readonly string[], peers: PeerView): Finding {
  const unread = unreadPeer(item.spec, peers)
  return unread ? { status: 'unknown', item, reason: `it ${waitsForPeer(unread)}` } : { status: 'refused', item, reasons }
}

function changed(
  item: Desired,
  observed: Known<unknown>,
  entry: LedgerEntry | undefined,
  primitive: AnyPrimitive,
  difference: Extract<Difference, { status: 'change' }>,
  hashes: Readonly<Record<string, string>>,
  fleet: string,
): Finding {
  const fields = difference.change.fields.map((field) => ({ ...field, cause: causeOf(field, entry, hashes) }))
  const isOurs = entry !== undefined || (observed.status === 'present' && observed.mark?.fleet === fleet)
  const isForeign = primitive.ownership === 'exclusive' && observed.status === 'present' && !isOurs
  return { status: 'change', item, observed, entry, hashes, wanted: difference.change, fields, isForeign }
}

/** Drift where Git asks for what was last applied and the host moved away from it; pending where Git moved, or nothing was applied yet. */
function causeOf(field: FieldDifference, entry: LedgerEntry | undefined, hashes: Readonly<Record<string, string>>): Cause {
  if (entry?.state !== 'done') return 'pending'
  if (field.byPeer && sameHashes(hashes, entry.fields)) return 'peer'
  if (field.field in hashes) return hashes[field.field] === entry.fields[field.field] ? 'drift' : 'pending'
  return sameHashes(hashes, entry.fields) ? 'drift' : 'pending'
}

export function sameHashes(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}

function foreignMark(observed: Known<unknown>, fleet: string): Mark | undefined {
  if (observed.status === 'absent' || observed.mark === undefined) return undefined
  return observed.mark.fleet === fleet ? undefined : observed.mark
}
