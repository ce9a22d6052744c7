import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { compare, formerEntries } from './compare.ts'
import { entryName, leftOver, leftOverEntries, ownLines, readConfig } from './config.ts'
import type { ConfigEntry, LxcContainerSpec, LxcContainerState } from './spec.ts'

/** Limits and what counts only at boot, as wanted; what needs a restart, as it stands in the config. One that does not run needs no restart. */
export function live(
  spec: LxcContainerSpec,
  observed: Known<LxcContainerState>,
  last: LedgerEntry | undefined,
): LxcContainerSpec | undefined {
  if (observed.status === 'absent' || observed.state.running === 'stopped') return undefined
  const { state } = observed
  const found = compare(spec, state, last)
  const isHeld = (field: string): boolean => found.held.has(field)
  const staysAsItIs = found.stops || (found.freezes && state.running === 'running')
  return {
    ...spec,
    settings: settingsNow(spec, state, isHeld),
    entries: entriesNow(spec, state, last, isHeld),
    state: staysAsItIs ? 'unmanaged' : spec.state,
    isLiveOnly: true,
  }
}

/** A line of ours stays as it is; a line of the user, whose place ours would take, stays his. */
function settingsNow(spec: LxcContainerSpec, state: LxcContainerState, isHeld: (key: string) => boolean): LxcContainerSpec['settings'] {
  const config = readConfig(state.config)
  const ours = ownLines(config)
  const asItIs = (key: string): readonly (readonly [string, string])[] => (ours.has(key) ? [[key, ours.get(key) ?? '']] : [])
  const wanted = Object.entries(spec.settings).flatMap(([key, value]) => (isHeld(key) ? asItIs(key) : [[key, value] as const]))
  return Object.fromEntries([...wanted, ...leftOver(config, spec.settings, spec.defaults).filter(isHeld).flatMap(asItIs)])
}

function entriesNow(
  spec: LxcContainerSpec,
  state: LxcContainerState,
  last: LedgerEntry | undefined,
  isHeld: (name: string) => boolean,
): readonly ConfigEntry[] {
  const stale = leftOverEntries(readConfig(state.config), spec.entries, formerEntries(last)).filter(isHeld)
  return [...spec.entries.filter((entry) => !isHeld(entryName(entry))), ...stale.map(toEntry)]
}

function toEntry(name: string): ConfigEntry {
  const [key = '', ...words] = name.split(' ')
  return { key, value: words.join(' ') }
}
