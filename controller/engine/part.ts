import { impacts } from '../model/change.ts'
import type { Withheld } from '../model/plan.ts'
import { brakeOf, type Candidate } from './brake.ts'
import { type Changed, plannedChange } from './group.ts'
import type { PlanInput } from './input.ts'

/** A change that a brake holds back, taken apart: what can be had without a restart now, and what stays held back (nothing, where that was approved). */
export interface Split {
  readonly part: Changed
  readonly rest: Withheld | undefined
}

/** Where a restart or an outage is held back, what the primitive can do without one goes at once; undefined where it can do nothing. */
export function splitHeld(members: readonly Changed[], held: Withheld | undefined, input: PlanInput): Split | undefined {
  const [member, ...others] = members
  if (member === undefined || others.length > 0 || (held?.brake !== 'Restart' && held?.brake !== 'Outage')) return undefined
  const part = livePart(member, input)
  if (part === undefined || brakeOf(input.desired.hypervisor, [candidateOf(part)], input.policy) !== undefined) return undefined
  const rest = { ...member, fields: member.fields.filter(({ field }) => part.fields.every((one) => one.field !== field)) }
  return { part, rest: brakeOf(input.desired.hypervisor, [candidateOf(rest)], input.policy) }
}

export function candidateOf(member: Changed): Candidate {
  return { change: plannedChange(member), spec: member.item.spec, isForeign: member.isForeign }
}

function livePart(member: Changed, { primitives }: PlanInput): Changed | undefined {
  const { item, observed, entry } = member
  const primitive = primitives.get(item.spec.type)
  const spec = primitive?.live?.(item.spec, observed, entry)
  if (primitive === undefined || spec === undefined) return undefined
  const found = primitive.diff(spec, observed, entry)
  if (found.status !== 'change' || impacts.indexOf(found.change.impact) >= impacts.indexOf('restart')) return undefined
  const fields = found.change.fields.flatMap(({ field }) => member.fields.find((one) => one.field === field) ?? [])
  // What the part would change and the whole would not is a mistake of the primitive: nothing is done by half then.
  if (fields.length !== found.change.fields.length || fields.length === member.fields.length) return undefined
  return { ...member, item: { ...item, spec }, wanted: found.change, fields, hashes: hashesAfter(member, fields) }
}

/** The ledger tells what was last applied: of what is held back, that is what was there before. */
function hashesAfter({ entry, hashes }: Changed, fields: Changed['fields']): Readonly<Record<string, string>> {
  const gone = new Set(fields.map(({ field }) => field).filter((field) => hashes[field] === undefined))
  const kept = Object.entries(entry?.fields ?? {}).filter(([field]) => !gone.has(field))
  const applied = fields.flatMap(({ field }) => (hashes[field] === undefined ? [] : [[field, hashes[field]] as const]))
  return { ...Object.fromEntries(kept), ...Object.fromEntries(applied) }
}
