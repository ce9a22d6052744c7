import { type Difference, type FieldDifference, same } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import { overShare } from '../../model/share.ts'
import { sha256 } from '../../shell/inspect.ts'
import { changesOf, type SetChange, serialOf, shown, soaOf } from './changes.ts'
import type { DnsRecordsState } from './probe.ts'
import type { DnsRecordsSpec } from './spec.ts'

export function stateOf(observed: Known<DnsRecordsState>): DnsRecordsState {
  return observed.status === 'present' ? observed.state : (observed.around as DnsRecordsState)
}

export function diff(spec: DnsRecordsSpec, observed: Known<DnsRecordsState>): Difference {
  const state = stateOf(observed)
  const changes = changesOf(spec, state)
  const refused = [...taken(spec, changes), ...brake(spec, state, changes)]
  if (refused.length > 0) return { status: 'refused', reasons: refused }
  const fields = [...changes.map(fieldOf), ...soaField(spec, state)]
  const all = { field: 'records', before: undefined, after: `${spec.sets.length} sets are ours` }
  if (observed.status === 'absent') return { status: 'change', change: { action: 'create', impact: 'reload', fields: [all, ...fields] } }
  return fields.length === 0 ? same : { status: 'change', change: { action: 'update', impact: 'reload', fields } }
}

function fieldOf({ name, type, found, wanted }: SetChange): FieldDifference {
  return { field: `${name} ${type}`, before: shown(found), after: wanted && `${wanted.ttl} ${wanted.values.join(', ')}` }
}

function soaField(spec: DnsRecordsSpec, state: DnsRecordsState): readonly FieldDifference[] {
  const now = soaOf(spec, state)
  if (now === undefined) return []
  const { ttl, names, times } = spec.soa
  return [{ field: `${spec.zone} SOA`, before: shown(now), after: `${ttl} ${names.join(' ')} ${serialOf(now) + 1} ${times.join(' ')}` }]
}

/** What others put there is theirs, even where the manifest names it: an equal one is taken over, any other by `adopt: Replace`. */
function taken({ adopt = 'IfEqual' }: DnsRecordsSpec, changes: readonly SetChange[]): readonly string[] {
  const foreign = changes.filter(({ isForeign }) => isForeign)
  const reasons = foreign.filter(
    ({ found, wanted }) => adopt === 'Never' || (adopt === 'IfEqual' && found?.data.length !== wanted?.values.length),
  )
  return reasons.map(
    ({ name, type, found }) => `${name} ${type} is there already, put by others (${shown(found)}); adopt: Replace takes it over`,
  )
}

/** The same brake as a static zone's, over what is ours. */
function brake(
  { zone, safety, confirmed }: DnsRecordsSpec,
  { remembered }: DnsRecordsState,
  changes: readonly SetChange[],
): readonly string[] {
  const existing = [...remembered.values()].reduce((sum, { data }) => sum + data.length, 0)
  if (existing < safety.minExisting) return []
  const count = (some: readonly SetChange[]) => some.reduce((sum, { found }) => sum + (found?.data.length ?? 0), 0)
  const words = [
    overShare(count(changes.filter(({ wanted }) => wanted === undefined)), existing, safety.maxDeletePercent, 'deleted'),
    overShare(
      count(changes.filter(({ wanted, isForeign }) => wanted !== undefined && !isForeign)),
      existing,
      safety.maxUpdatePercent,
      'changed',
    ),
  ].filter((one) => one !== undefined)
  const hash = sha256(JSON.stringify([zone, changes.map(fieldOf)])).slice(0, 12)
  return words.length === 0 || confirmed === hash ? [] : [`${words.join(' and ')}; annotate reeve.dev/confirm=${hash}`]
}
