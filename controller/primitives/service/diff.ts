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

/**
 * Whether the running daemon read its files since they last changed: our stamp says so, or systemd started or reloaded it later than the newest of them.
 * Whole seconds, so an equal one does not count.
 */
function hasLoaded(spec: ServiceSpec, state: ServiceState): boolean {
  const { stamp } = state
  const isStamped =
    stamp?.digest === wantedDigest(spec) && stamp.invocation === state.invocation && stamp.changedMonotonic === state.changedMonotonic
  return isStamped || state.changedSeconds > state.filesChangedSeconds
}

/** Whether it was started since what only a start reads last changed; a reload in between takes nothing from that. */
function hasStarted(spec: ServiceSpec, { stamp, invocation, startedSeconds, startFilesChangedSeconds }: ServiceState): boolean {
  if ((spec.startsWith ?? []).length === 0) return true
  return (stamp?.startDigest === spec.startDigest && stamp?.invocation === invocation) || startedSeconds > startFilesChangedSeconds
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
