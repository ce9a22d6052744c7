import type { FieldDifference, Impact } from '../../model/change.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Hierarchy } from './cgroup.ts'
import { type Config, effectiveOn, entriesOf, entryName, leftOver, leftOverEntries, readConfig } from './config.ts'
import { type IoWrite, ioField, ioWrite } from './io.ts'
import { canonicalLimit, canonicalValue, impactOfKey, limitDefaults, limitFile, limitKey } from './keys.ts'
import type { LxcContainerSpec, LxcContainerState } from './spec.ts'

/** One file of a running container's cgroup that has to be written. */
export interface LimitWrite {
  readonly file: string
  readonly value: string
  readonly before: string
}

/** All that differs between a wanted container and one that is there, and what it takes. Diff and steps both rest on it. */
export interface Comparison {
  readonly fields: readonly FieldDifference[]
  readonly impact: readonly Impact[]
  readonly rewritesConfig: boolean
  readonly limits: readonly LimitWrite[]
  readonly io: IoWrite | undefined
  /** The running container must be stopped and started again. */
  readonly restarts: boolean
  readonly starts: boolean
  readonly stops: boolean
  readonly thaws: boolean
  readonly freezes: boolean
  /** Fields that only a restart brings. */
  readonly held: ReadonlySet<string>
}

/** What is written may be a tenth above what is needed, no less: below it the kernel kills inside at once. */
const headroomPercent = 110n

/** What was taken over as it stood gets its mark once it is in the ledger: a lost ledger is rebuilt from marks. */
export function compare(spec: LxcContainerSpec, state: LxcContainerState, last: LedgerEntry | undefined): Comparison {
  const config = readConfig(state.config)
  const keys = [...differingKeys(spec, config, state), ...differingEntries(spec, config, state, last)]
  const mark = last !== undefined && config.mark === undefined ? [{ field: 'mark', before: undefined, after: 'ours' }] : []
  const limits = state.running === 'stopped' ? [] : limitWrites(spec, config, state)
  const io = ioWrite(spec, state, last)
  const isRunning = state.running !== 'stopped'
  const pending = isRunning && spec.state !== 'stopped' && spec.isLiveOnly === undefined ? awaitingRestart(spec, state, keys) : []
  const restartKeys = isRunning ? keys.filter((field) => isRestartNeeded(field, state)) : []
  const tooSmall = limits.filter((limit) => killsInside(limit, state))
  const stops = spec.state === 'stopped' && isRunning
  const restarts = !stops && (pending.length > 0 || restartKeys.length > 0 || tooSmall.length > 0)
  const starts = (spec.state === 'running' || spec.state === 'frozen') && !isRunning
  const thaws = spec.state === 'running' && state.running === 'frozen'
  const freezes = spec.state === 'frozen' && (state.running !== 'frozen' || restarts)
  const isOther = stops || starts || thaws || (freezes && state.running !== 'frozen')
  return {
    fields: joinFields([
      ...keys,
      ...mark,
      ...limits.map(limitField),
      ...ioField(io),
      ...pending,
      ...(isOther ? [{ field: 'state', before: state.running, after: spec.state }] : []),
    ]),
    impact: [
      ...(restarts ? (['restart'] as const) : []),
      ...(stops || (freezes && state.running === 'running') ? (['outage'] as const) : []),
    ],
    rewritesConfig: keys.length + mark.length > 0,
    limits,
    io,
    restarts,
    starts,
    stops,
    thaws,
    freezes,
    held: new Set([...restartKeys.map(({ field }) => field), ...tooSmall.map(({ file }) => limitKey(file))]),
  }
}

/** A field that differs, with what it would be in a container that was started as wanted. */
interface Differing extends FieldDifference {
  isAsWanted(started: Config, state: LxcContainerState): boolean
  readonly impact: Impact
}

/** Keys whose line in the file is not as wanted, and our own lines that nobody wants any more. */
function differingKeys(spec: LxcContainerSpec, config: Config, state: LxcContainerState): readonly Differing[] {
  const effective = effectiveOn(config, state.hierarchy)
  const differing = (field: string, after: string | undefined): Differing => ({
    field,
    before: effective.get(field),
    after,
    impact: impactOfKey(field),
    isAsWanted: (started, { hierarchy }) =>
      effectiveOn(started, hierarchy).get(field) === (after === undefined ? undefined : canonicalValue(field, [after])),
  })
  const wanted = Object.entries(spec.settings).flatMap(([key, value]) =>
    effective.get(key) === canonicalValue(key, [value]) || !isKnownOn(key, state) ? [] : [differing(key, value)],
  )
  return [...wanted, ...leftOver(config, spec.settings, spec.defaults).map((key) => differing(key, undefined))]
}

/** cgroup v1 has no word for some limits. */
function isKnownOn(key: string, { hierarchy }: LxcContainerState): boolean {
  return hierarchy === 'v2' || limitFile(key) !== 'memory.low'
}

/** Lines that are not there, and lines of ours that nobody wants any more. */
function differingEntries(
  spec: LxcContainerSpec,
  config: Config,
  { hierarchy }: LxcContainerState,
  last: LedgerEntry | undefined,
): readonly Differing[] {
  const there = entriesOf(config)
  const missing = spec.entries.map(entryName).filter((name) => !there.has(name) && countsOn(name, hierarchy))
  const stale = leftOverEntries(config, spec.entries, formerEntries(last)).filter((name) => countsOn(name, hierarchy))
  return [...missing.map((name) => differingEntry(name, true)), ...stale.map((name) => differingEntry(name, false))]
}

/** The ledger's fields of an entry are named as the entry is. */
export function formerEntries(last: LedgerEntry | undefined): ReadonlySet<string> {
  return new Set(Object.keys(last?.fields ?? {}))
}

function differingEntry(name: string, isWanted: boolean): Differing {
  const isAsWanted = (started: Config): boolean => entriesOf(started).has(name) === isWanted
  return { field: name, before: isWanted ? undefined : 'there', after: isWanted ? 'there' : undefined, impact: 'restart', isAsWanted }
}

/** Of the two families of cgroup keys, LXC reads one. */
function countsOn(name: string, hierarchy: Hierarchy): boolean {
  return !name.startsWith(hierarchy === 'v2' ? 'lxc.cgroup.' : 'lxc.cgroup2.')
}

/** A file changed by hand under a container that was started with the wanted value costs nothing to put right. */
function isRestartNeeded(field: Differing, state: LxcContainerState): boolean {
  if (field.impact !== 'restart') return false
  return state.started === undefined || !field.isAsWanted(readConfig(state.started), state)
}

/** The file is as wanted, yet the container was started with something else. */
function awaitingRestart(
  spec: LxcContainerSpec,
  state: LxcContainerState,
  differing: readonly FieldDifference[],
): readonly FieldDifference[] {
  if (state.started === undefined) return []
  const inFile = new Set(differing.map((field) => field.field))
  const started = readConfig(state.started)
  const running = effectiveOn(started, state.hierarchy)
  const keys = Object.entries(spec.settings)
    .filter(([key, value]) => impactOfKey(key) === 'restart' && running.get(key) !== canonicalValue(key, [value]))
    .map(([key, value]) => ({ field: key, before: `${running.get(key) ?? 'unset'} (in the running container)`, after: value }))
  const there = entriesOf(started)
  const entries = spec.entries
    .map(entryName)
    .filter((name) => !there.has(name) && countsOn(name, state.hierarchy))
    .map((name) => ({ field: name, before: 'unset (in the running container)', after: 'there' }))
  return [...keys, ...entries].filter(({ field }) => !inFile.has(field))
}

/** A limit that the host cannot show (its controller is off) is left to the file. memory.high comes first: it makes room for a lower memory.max. */
function limitWrites(spec: LxcContainerSpec, config: Config, state: LxcContainerState): readonly LimitWrite[] {
  const stale = new Set(leftOver(config, spec.settings, spec.defaults))
  return Object.entries(limitDefaults).flatMap(([file, byDefault]) => {
    const key = limitKey(file)
    const before = state.live[key]
    const wanted = spec.settings[key] ?? (stale.has(key) ? unlimited(file, byDefault, state) : undefined)
    if (wanted === undefined || before === undefined) return []
    const value = canonicalLimit(file, wanted)
    return value === before ? [] : [{ file, value, before: before || unlimited(file, byDefault, state) }]
  })
}

/** The kernel empties no cpuset with processes in it (ENOSPC): all CPUs then. */
function unlimited(file: string, byDefault: string, state: LxcContainerState): string {
  return file === 'cpuset.cpus' ? (state.onlineCpus ?? byDefault) : byDefault
}

/** v1 says EBUSY instead of killing; the guard is the same, so that a manifest means the same on both. */
function killsInside(limit: LimitWrite, state: LxcContainerState): boolean {
  if (limit.file !== 'memory.max' || limit.value === 'max' || state.memoryNeededBytes === undefined) return false
  return BigInt(limit.value) * 100n < state.memoryNeededBytes * headroomPercent
}

function limitField(limit: LimitWrite): FieldDifference {
  return { field: limitKey(limit.file), before: `${limit.before} (in force)`, after: limit.value }
}

/** One field a key: what stands in the file wins over what is in force. */
function joinFields(fields: readonly FieldDifference[]): readonly FieldDifference[] {
  return fields.filter((field, index) => fields.findIndex((other) => other.field === field.field) === index)
}
