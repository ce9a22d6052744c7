import { type WantedChange, worstImpact } from '../model/change.ts'
import type { PrimitiveId } from '../model/ids.ts'
import type { Desired } from '../model/kind.ts'
import { ledgerKey } from '../model/ledger.ts'
import type { PlannedChange } from '../model/plan.ts'
import type { AnyPrimitive } from '../model/primitive.ts'
import { targetKey } from '../model/target.ts'
import type { Finding } from './diff.ts'

export type Changed = Extract<Finding, { status: 'change' }>

/** Key of an item among all items of a hypervisor. */
export function itemKey(item: Desired): string {
  return ledgerKey(targetKey(item.target), item.spec.id)
}

/** Findings with what is owed to what they load: a service that is the same itself joins, and one that changes anyway takes the worse impact. */
export function withReloads(findings: readonly Finding[], primitives: ReadonlyMap<string, AnyPrimitive>): readonly Changed[] {
  const changing = new Set(findings.filter((finding) => finding.status === 'change').map((finding) => itemKey(finding.item)))
  const changed = findings.flatMap((finding): readonly Changed[] => {
    if (finding.status !== 'change') return []
    const owed = reloadOf(finding, changing, primitives)
    return [owed ? { ...finding, wanted: both(finding.wanted, owed) } : finding]
  })
  const joining = findings.flatMap((finding): readonly Changed[] => {
    const owed = finding.status === 'same' ? reloadOf(finding, changing, primitives) : undefined
    return owed && finding.status === 'same' ? [{ ...finding, status: 'change', wanted: owed, fields: [], isForeign: false }] : []
  })
  return [...changed, ...joining]
}

function reloadOf(
  { item, observed }: Extract<Finding, { status: 'change' | 'same' }>,
  changing: ReadonlySet<string>,
  primitives: ReadonlyMap<string, AnyPrimitive>,
): WantedChange | undefined {
  const primitive = primitives.get(item.spec.type)
  const moved = (primitive?.loads?.(item.spec) ?? []).filter((id) => changing.has(ledgerKey(targetKey(item.target), id)))
  return moved.length === 0 ? undefined : primitive?.reload?.(item.spec, observed, new Set(moved))
}

function both(change: WantedChange, owed: WantedChange): WantedChange {
  if (owed.impact === 'none') return change
  const more = owed.fields.filter(({ field }) => change.fields.every((one) => one.field !== field))
  return { ...change, impact: worstImpact([change.impact, owed.impact]), fields: [...change.fields, ...more] }
}

/** Groups of changes that must be done or undone together: a service and the artefacts it loads; everything else stands alone. */
export function groupChanges(changes: readonly Changed[], primitives: ReadonlyMap<string, AnyPrimitive>): readonly (readonly Changed[])[] {
  const leader = new Map(changes.map((change) => [itemKey(change.item), itemKey(change.item)]))
  for (const change of changes) {
    for (const id of primitives.get(change.item.spec.type)?.loads?.(change.item.spec) ?? [])
      unite(leader, itemKey(change.item), loadedKey(change, id))
  }
  const groups = new Map<string, Changed[]>()
  for (const change of changes) {
    const key = find(leader, itemKey(change.item))
    groups.set(key, [...(groups.get(key) ?? []), change])
  }
  return [...groups.values()]
}

function loadedKey(change: Changed, id: PrimitiveId): string {
  return ledgerKey(targetKey(change.item.target), id)
}

function find(leader: ReadonlyMap<string, string>, key: string): string {
  let at = key
  while (leader.get(at) !== at) at = leader.get(at) ?? at
  return at
}

function unite(leader: Map<string, string>, one: string, other: string): void {
  if (!leader.has(other)) return
  leader.set(find(leader, other), find(leader, one))
}

/** The change as the plan shows it. */
export function plannedChange(member: Changed): PlannedChange {
  const { item, wanted, fields } = member
  return { id: item.spec.id, action: wanted.action, impact: wanted.impact, fields, target: item.target, owners: item.owners }
}
