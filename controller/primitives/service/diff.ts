import { type Difference, type FieldDifference, type Impact, same, type WantedChange, worstImpact } from '../../model/change.ts'
import type { PrimitiveId } from '../../model/ids.ts'
import type { Known } from '../../model/observation.ts'
import type { ServiceState } from './probe.ts'
import type { ServiceSpec } from './spec.ts'

interface Found {
  readonly field: FieldDifference
  readonly impact: Impact
}

export function diff(spec: ServiceSpec, observed: Known<ServiceState>): Difference {
  if (observed.status === 'absent') return ofAbsent(spec)
  const state = observed.state
  const reasons = refusals(spec, state)
  if (reasons.length > 0) return { status: 'refused', reasons }
  const found = [...enabling(spec, state), ...running(spec, state), ...loading(spec, state)]
  if (found.length === 0) return same
  const impact = worstImpact(found.map((one) => one.impact))
  return { status: 'change', change: { action: 'update', impact, fields: found.map(({ field }) => field) } }
}

function ofAbsent(spec: ServiceSpec): Difference {
  if (spec.state === 'stopped' && spec.isEnabled !== true) return same
  const enabled: readonly FieldDifference[] = spec.isEnabled ? [{ field: 'enabled', before: undefined, after: 'enabled' }] : []
  const state: readonly FieldDifference[] = spec.state === 'running' ? [{ field: 'state', before: undefined, after: 'running' }] : []
  return { status: 'change', change: { action: 'create', impact: 'none', fields: [...enabled, ...state] } }
}

function refusals(spec: ServiceSpec, state: ServiceState): readonly string[] {
  if (spec.state === 'stopped' && spec.isEnabled !== true) return []
  if (state.load === 'masked')
    return [`${spec.unit} is masked: somebody keeps it from starting; unmask it (systemctl unmask ${spec.unit}) or take it out`]
  if (state.load === 'error' || state.load === 'bad-setting') return [`systemd cannot load ${spec.unit}: see systemctl status ${spec.unit}`]
  return []
}

/** static and alias units have no boot setting of their own, generated ones follow their source: there is nothing to differ. */
function enabling(spec: ServiceSpec, state: ServiceState): readonly Found[] {
  const isEnabled =
    state.unitFile === 'enabled' ? true : state.unitFile === 'disabled' || state.unitFile === 'enabled-runtime' ? false : undefined
  if (spec.isEnabled === undefined || isEnabled === undefined || isEnabled === spec.isEnabled) return []
  return [{ field: { field: 'enabled', before: state.unitFile, after: spec.isEnabled ? 'enabled' : 'disabled' }, impact: 'none' }]
}

/** A unit that is starting counts as running; one that starts again and again does not. */
export function isRunning(state: ServiceState): boolean {
  return state.active === 'active' || state.active === 'reloading' || (state.active === 'activating' && state.sub !== 'auto-restart')
}

function running(spec: ServiceSpec, state: ServiceState): readonly Found[] {
  if (isRunning(state) === (spec.state === 'running')) return []
  const field = { field: 'state', before: `${state.active} (${state.sub})`, after: spec.state }
  return [{ field, impact: spec.state === 'stopped' ? 'outage' : 'none' }]
}

function loading(spec: ServiceSpec, state: ServiceState): readonly Found[] {
  if (spec.state !== 'running' || !isRunning(state) || spec.loads.length === 0) return []
  const started = hasStarted(spec, state)
  if (started && hasLoaded(spec, state)) return []
  const field = { field: 'loaded', before: 'not since its files changed', after: wantedDigest(spec) }
  return [{ field, impact: started ? spec.reload : 'restart' }]
}

/** The kernel dates a file by a clock that ticks up to 100 times a second (ktime_get_coarse_real_ts64), systemd a start by an exact one. */
const tickSeconds = 0.02

/** Whether the running daemon read its files since they last changed: our stamp says so, or systemd started or reloaded it later than the newest of them. */
function hasLoaded(spec: ServiceSpec, state: ServiceState): boolean {
  return (isOfThisRun(state) && state.stamp?.digest === wantedDigest(spec)) || isNewerThanFiles(state)
}

/** Whether it was started since what only a start reads last changed; a reload in between takes nothing from that. */
function hasStarted(spec: ServiceSpec, state: ServiceState): boolean {
  if ((spec.startsWith ?? []).length === 0) return true
  const { stamp, invocation } = state
  return (stamp?.startDigest === spec.startDigest && stamp?.invocation === invocation) || isStartedAfterFiles(state)
}

/** Whether it runs with what its files say, whatever that is, and only times tell so: no stamp of what it loaded. */
export function isUpToDateByTimes(state: ServiceState): boolean {
  const isStamped = isOfThisRun(state) && asOfSeconds(state) === Number.NEGATIVE_INFINITY
  return !isStamped && isNewerThanFiles(state) && isStartedAfterFiles(state)
}

function isNewerThanFiles(state: ServiceState): boolean {
  return state.changedSeconds > state.filesChangedSeconds + tickSeconds || asOfSeconds(state) >= state.filesChangedSeconds
}

function isStartedAfterFiles(state: ServiceState): boolean {
  return state.startedSeconds > state.startFilesChangedSeconds + tickSeconds || asOfSeconds(state) >= state.startFilesChangedSeconds
}

function isOfThisRun({ stamp, invocation, changedMonotonic }: ServiceState): boolean {
  return stamp?.invocation === invocation && stamp.changedMonotonic === changedMonotonic
}

/** Until when its files' changes were undone in this run of it; before all time where none was. */
function asOfSeconds(state: ServiceState): number {
  const [, seconds] = /^as-of:(\d+(?:\.\d+)?)$/.exec((isOfThisRun(state) && state.stamp?.digest) || '') ?? []
  return seconds === undefined ? Number.NEGATIVE_INFINITY : Number(seconds)
}

/** One word for all that is loaded. */
export function wantedDigest(spec: ServiceSpec): string {
  return spec.digests.join('+') || 'none'
}

/** The change that is owed because something it loads changes. */
export function reload(spec: ServiceSpec, observed: Known<ServiceState>, changing: ReadonlySet<PrimitiveId>): WantedChange {
  const impact = spec.startsWith?.some((id) => changing.has(id)) ? 'restart' : spec.reload
  const isLive = observed.status === 'present' && isRunning(observed.state) && spec.state === 'running'
  const fields = [{ field: 'loaded', before: 'an older configuration', after: wantedDigest(spec) }]
  return { action: 'update', impact: isLive ? impact : 'none', fields }
}
