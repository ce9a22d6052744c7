import { type Difference, type FieldDifference, type Impact, same } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import { currentPath, unitPath } from './boot.ts'
import { namedFields, parseListing } from './listing.ts'
import type { NftState, Persisted, Wanted } from './probe.ts'
import { renderTable } from './render.ts'
import type { NftTableSpec } from './spec.ts'

/** Names of the two fields that are about the next boot, not about the kernel. */
const bootFields: readonly string[] = ['boot rules', 'boot unit']

/** Comparable fields, by the names that a diff uses. The text of the whole stands for hosts where rules cannot be compared one by one. */
export function fieldsOf(spec: NftTableSpec): Readonly<Record<string, string>> {
  const text = renderTable(spec, 'fleet')
  const fields = namedFields(parseListing(text))
  const named = Object.fromEntries([...fields].filter(([name]) => name !== 'mark'))
  return { ...named, table: text, 'boot rules': currentPath, 'boot unit': unitPath }
}

/** Compares two canonical listings by rule, and what is persisted for the next boot. */
export function diffTable(spec: NftTableSpec, observed: Known<NftState>): Difference {
  if (observed.status === 'absent') return created(spec)
  const { compared } = observed.state
  if (compared?.wanted.status === 'refused')
    return { status: 'refused', reasons: [`nft on the target refuses the rules: ${compared.wanted.reason}`] }
  const table = compared === undefined ? [] : differences(compared.live, compared.wanted)
  const fields = table.length > 0 ? table : bootDifferences(observed.state)
  if (fields.length === 0) return same
  const impact: Impact = isBootOnly(fields) ? 'none' : 'reload'
  return { status: 'change', change: { action: 'update', impact, fields } }
}

/** Nothing in the kernel changes, so nobody can be locked out. */
export function isBootOnly(fields: readonly FieldDifference[]): boolean {
  return fields.every((difference) => bootFields.includes(difference.field))
}

function created(spec: NftTableSpec): Difference {
  const { table: _, ...named } = fieldsOf(spec)
  const fields = Object.entries(named).map(([field, after]) => ({ field, before: undefined, after }))
  return { status: 'change', change: { action: 'create', impact: 'reload', fields } }
}

function differences(live: string, wanted: Wanted): readonly FieldDifference[] {
  if (wanted.status === 'listed') return live === wanted.listing ? [] : byField(live, wanted.listing)
  return wanted.status === 'noNamespace' ? [{ field: 'table', before: live, after: wanted.source }] : []
}

function byField(live: string, wanted: string): readonly FieldDifference[] {
  const before = namedFields(parseListing(live))
  const after = namedFields(parseListing(wanted))
  const names = [...new Set([...after.keys(), ...before.keys()])]
  const differing = names.filter((name) => before.get(name) !== after.get(name) && !isEchoOfRules(name, before.get(name), after.get(name)))
  const fields = differing.map((field) => ({ field, before: before.get(field), after: after.get(field) }))
  return fields.length > 0 ? fields : [{ field: 'table', before: live, after: wanted }]
}

/** An order that differs only because rules were added or are missing: those are named by themselves. */
function isEchoOfRules(name: string, before: string | undefined, after: string | undefined): boolean {
  if (!name.startsWith('order of rules in ')) return false
  const sorted = (text = '') => text.split(', ').sort().join()
  return sorted(before) !== sorted(after)
}

function bootDifferences(state: NftState): readonly FieldDifference[] {
  return [...bootDifference('boot rules', state.current, currentPath), ...bootDifference('boot unit', state.unit, unitPath)]
}

function bootDifference(field: string, found: Persisted | 'none', path: string): readonly FieldDifference[] {
  if (found === 'same' || found === 'none') return []
  return [{ field, before: found === 'missing' ? undefined : `${path} (altered or not enabled)`, after: path }]
}
