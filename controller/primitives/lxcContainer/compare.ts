import type { FieldDifference, Impact } from '../../model/change.ts'
import { type Config, effectiveValues, leftOver, readConfig } from './config.ts'
import { canonicalLimit, canonicalValue, impactOfKey, limitDefaults, limitKey } from './keys.ts'
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
  /** The running container must be stopped and started again. */
  readonly restarts: boolean
  readonly starts: boolean
  readonly stops: boolean
  readonly thaws: boolean
}

/** What is written may be a tenth above what is used, no less: below it the kernel kills inside at once. */
const headroomPercent = 110n

export function compare(spec: LxcContainerSpec, state: LxcContainerState): Comparison {
  const config = readConfig(state.config)
  const keys = differingKeys(spec, config)
  const limits = state.running === 'stopped' ? [] : limitWrites(spec, config, state)
  const isRunning = state.running !== 'stopped'
  const pending = isRunning && spec.state !== 'stopped' ? awaitingRestart(spec, state, keys) : []
  const restartKeys = isRunning ? keys.filter((field) => isRestartNeeded(field.field, spec, state)) : []
  const tooSmall = limits.some((limit) => killsInside(limit, state))
  const stops = spec.state === 'stopped' && isRunning
  const restarts = !stops && (pending.length > 0 || restartKeys.length > 0 || tooSmall)
  const starts = spec.state === 'running' && !isRunning
  const thaws = spec.state === 'running' && state.running === 'frozen'
  const running = stops || starts || thaws ? [{ field: 'state', before: state.running, after: spec.state }] : []
  return {
    fields: joinFields([...keys, ...limits.map(limitField), ...pending, ...running]),
    impact: [...(restarts ? (['restart'] as const) : []), ...(stops ? (['outage'] as const) : [])],
    rewritesConfig: keys.length > 0,
    limits,
    restarts,
    starts,
    stops,
    thaws,
  }
}

/** Keys whose line in the file is not as wanted, and our own lines that nobody wants any more. */
function differingKeys(spec: LxcContainerSpec, config: Config): readonly FieldDifference[] {
  const effective = effectiveValues(config)
  const wanted = Object.entries(spec.settings).flatMap(([key, value]) => {
    const before = effective.get(key)
    return before === canonicalValue(key, [value]) ? [] : [{ field: key, before, after: value }]
  })
  const stale = leftOver(config, spec.settings, spec.defaults).map((key) => ({ field: key, before: effective.get(key), after: undefined }))
  return [...wanted, ...stale]
}

/** A file changed by hand under a container that was started with the wanted value costs nothing to put right. */
function isRestartNeeded(key: string, spec: LxcContainerSpec, state: LxcContainerState): boolean {
  if (impactOfKey(key) !== 'restart') return false
  if (state.started === undefined) return true
  return valueAt(key, state.started) !== wantedValue(key, spec)
}

/** The file is as wanted, yet the container was started with something else. */
function awaitingRestart(
  spec: LxcContainerSpec,
  state: LxcContainerState,
  differing: readonly FieldDifference[],
): readonly FieldDifference[] {
  const { started } = state
  if (started === undefined) return []
  const inFile = new Set(differing.map((field) => field.field))
  const running = effectiveValues(readConfig(started))
  return Object.entries(spec.settings)
    .filter(([key, value]) => impactOfKey(key) === 'restart' && !inFile.has(key) && running.get(key) !== canonicalValue(key, [value]))
    .map(([key, value]) => ({ field: key, before: `${running.get(key) ?? 'unset'} (in the running container)`, after: value }))
}

function valueAt(key: string, text: string): string | undefined {
  return effectiveValues(readConfig(text)).get(key)
}

function wantedValue(key: string, spec: LxcContainerSpec): string | undefined {
  const value = spec.settings[key]
  return value === undefined ? undefined : canonicalValue(key, [value])
}

/** A limit that the host cannot show (its controller is off) is left to the file. memory.high comes first: it makes room for a lower memory.max. */
function limitWrites(spec: LxcContainerSpec, config: Config, state: LxcContainerState): readonly LimitWrite[] {
  const stale = new Set(leftOver(config, spec.settings, spec.defaults))
  return Object.entries(limitDefaults).flatMap(([file, byDefault]) => {
    const key = limitKey(file)
    const before = state.live[key]
    const wanted = spec.settings[key] ?? (stale.has(key) ? byDefault : undefined)
    if (wanted === undefined || before === undefined) return []
    const value = canonicalLimit(file, wanted)
    return value === before ? [] : [{ file, value, before }]
  })
}

function killsInside(limit: LimitWrite, state: LxcContainerState): boolean {
  if (limit.file !== 'memory.max' || limit.value === 'max' || state.memoryCurrentBytes === undefined) return false
  return BigInt(limit.value) * 100n < state.memoryCurrentBytes * headroomPercent
}

function limitField(limit: LimitWrite): FieldDifference {
  return { field: limitKey(limit.file), before: `${limit.before || 'unset'} (in force)`, after: limit.value || 'unset' }
}

/** One field a key: what stands in the file wins over what is in force. */
function joinFields(fields: readonly FieldDifference[]): readonly FieldDifference[] {
  return fields.filter((field, index) => fields.findIndex((other) => other.field === field.field) === index)
}

/** Values of the spec that can be compared, by field. */
export function fieldsOf(spec: LxcContainerSpec): Readonly<Record<string, string>> {
  const settings = Object.entries(spec.settings).map(([key, value]) => [key, canonicalValue(key, [value])] as const)
  return {
    ...Object.fromEntries(settings),
    ...Object.fromEntries(Object.entries(spec.defaults).map(([key, value]) => [`default ${key}`, value])),
    ...Object.fromEntries(spec.guestFiles.map((file) => [`guest ${file.path}`, `${file.mode} ${file.refresh}\n${file.content}`])),
    rootfs: `${spec.rootfs.volumeGroup}/${spec.rootfs.name} ${spec.rootfs.format}`,
    template: spec.template === undefined ? 'none' : `${spec.template.sha256} ${spec.template.path}`,
    state: spec.state,
    stop: `${spec.stop.timeoutSeconds}s ${spec.stop.force ? 'then kill' : 'never kill'}`,
  }
}
