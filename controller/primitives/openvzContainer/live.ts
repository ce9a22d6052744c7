import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { compare } from './compare.ts'
import type { OpenvzContainerSpec, OpenvzContainerState } from './spec.ts'

/** What `vzctl set` gives to a container that runs; one that does not needs no restart. */
export function live(
  spec: OpenvzContainerSpec,
  observed: Known<OpenvzContainerState>,
  last: LedgerEntry | undefined,
): OpenvzContainerSpec | undefined {
  if (observed.status === 'absent' || observed.state.running !== 'running') return undefined
  const { restarts, stops } = compare(spec, observed.state, last)
  if (!restarts && !stops) return undefined
  return { ...spec, state: stops ? 'unmanaged' : spec.state, isLiveOnly: true }
}
