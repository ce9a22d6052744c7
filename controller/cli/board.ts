import type { SeenCycle } from '../loop/ports.ts'
import type { Revision } from '../loop/revision.ts'
import { manifestIn } from '../manifests/fleet.ts'
import type { CommitInfo, ReconcileReport } from '../model/event.ts'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import type { RefusedCommits } from '../model/refusedCommits.ts'
import type { HypervisorView, OpenDriftView, ResourceView, StatusView } from '../model/status.ts'
import { targetKey } from '../model/target.ts'
import { computeStanding, type PlacementFacts, type Standing } from '../report/conditions.ts'
import { sentenceOf } from '../report/diagnostics.ts'
import { openDrift, type Placed, placementsAfter, placementsUnread } from '../report/placements.ts'
import { createFactsOfHosts, type HostFacts } from './hostFacts.ts'

/** What the running controller shows of itself: kept up to date by what it hears. */
export interface Board {
  onRevision(revision: Revision, commit: CommitInfo): void
  onRefused(refused: RefusedCommits | undefined): void
  /** Answers how each manifest that the cycle touched stands now. */
  onCycle(seen: SeenCycle, report: ReconcileReport, since: ReadonlyMap<string, number>): ReadonlyMap<ManifestId, Standing>
  onHostFailed(hypervisor: HypervisorName, message: string, atSeconds: number): ReadonlyMap<ManifestId, Standing>
  onHostGone(hypervisor: HypervisorName): void
  view(): Omit<StatusView, 'silences' | 'suspensions'>
  /** Those of the view alone. */
  hypervisors(): readonly HypervisorView[]
  readiness(): { readonly isReady: boolean; readonly reason: string }
}

/** What the board asks others, each time. */
export interface BoardDeps {
  /** Why this manifest is suspended, by Git or by a person; `hypervisors` are those that it is placed on. */
  suspended(manifest: Manifest, hypervisors: readonly string[], nowSeconds: number): string | undefined
  hypervisorSuspended(name: string): string | undefined
  /** Who else is in charge of a hypervisor, in words; undefined where it is this controller. */
  inOtherHands?(name: string): string | undefined
  /** Why it is this controller that is in charge of a hypervisor, where there is something to tell of it. */
  whyHere?(name: string): string | undefined
  /** Why nothing is begun by this controller at all; undefined where it does its work. */
  standsBack?(): string | undefined
  /** Told after each change of what is shown. */
  onChange?(): void
}

const nobodySuspends: BoardDeps = { suspended: () => undefined, hypervisorSuspended: () => undefined }

export function createBoard(fleet: string, deps: BoardDeps = nobodySuspends): Board {
  const hypervisors = new Map<HypervisorName, HypervisorView>()
  const hosts = createFactsOfHosts()
  const standings = new Map<ManifestId, Standing>()
  let revision: Revision | undefined
  let errorsOf: ReadonlyMap<string | undefined, readonly Diagnostic[]> = new Map()
  let commit: CommitInfo | undefined
  let refused: RefusedCommits | undefined

  function stand(id: ManifestId, nowSeconds: number): Standing | undefined {
    const manifest = revision && manifestIn(revision.fleet, id)
    if (manifest === undefined) return undefined
    const errors = (errorsOf.get(id) ?? []).map(sentenceOf)
    const placements = hosts.placementsOf(id)
    const on = [...new Set(placements.map(({ target }) => target.split('/')[0] ?? ''))]
    const reason = deps.suspended(manifest, on, nowSeconds)
    const suspended = reason === undefined ? {} : { suspended: { reason } }
    const facts = { manifest: id, generation: manifest.generation, errors, placements, ...suspended }
    const standing = computeStanding(facts, standings.get(id), nowSeconds)
    standings.set(id, standing)
    return standing
  }

  function standAll(placements: HostFacts['placements'], nowSeconds: number): ReadonlyMap<ManifestId, Standing> {
    deps.onChange?.()
    return new Map(
      [...placements.keys()].flatMap((id) => {
        const standing = stand(id, nowSeconds)
        return standing ? [[id, standing] as const] : []
      }),
    )
  }

  /** Another apply was at work: how things stand is what was seen before. */
  function onUnsettled(cycle: SeenCycle['cycle'], report: ReconcileReport, current: Revision): ReadonlyMap<ManifestId, Standing> {
    const name = cycle.hypervisor
    const view = hypervisorView(cycle, report)
    hypervisors.set(name, { ...view, withheld: hypervisors.get(name)?.withheld ?? view.withheld })
    if (hosts.get(name) !== undefined) return new Map()
    const placements = placementsUnread(placedOn(current, name), 'AnotherApply', cycle.message)
    hosts.set(name, { placements, drift: [] })
    return standAll(placements, report.endedSeconds)
  }

  function viewOf(name: HypervisorName): HypervisorView {
    const view = hypervisors.get(name)
    if (view === undefined) return untried(name, deps.inOtherHands?.(name))
    return view.message === '' ? { ...view, message: deps.whyHere?.(name) ?? '' } : view
  }

  function hypervisorViews(): readonly HypervisorView[] {
    const because = deps.standsBack?.()
    return [...(revision?.compiled.states.keys() ?? [])].map((name) => ({
      ...viewOf(name),
      ...(because === undefined ? {} : { message: because }),
      suspended: deps.hypervisorSuspended(name) ?? null,
    }))
  }

  return {
    hypervisors: hypervisorViews,
    onRevision(next, info) {
      revision = next
      commit = info
      errorsOf = Map.groupBy(
        next.diagnostics.filter(({ severity }) => severity === 'error'),
        ({ manifest }) => manifest,
      )
      for (const id of standings.keys()) if (manifestIn(next.fleet, id) === undefined) standings.delete(id)
      deps.onChange?.()
    },
    onRefused(next) {
      refused = next
      deps.onChange?.()
    },
    onCycle({ cycle, revision: current }, report, since) {
      if (report.isUnsettled) return onUnsettled(cycle, report, current)
      const placements = placementsAfter(report, placedOn(current, cycle.hypervisor))
      hosts.set(cycle.hypervisor, { placements, drift: openDrift(report, since) })
      hypervisors.set(cycle.hypervisor, hypervisorView(cycle, report))
      return standAll(placements, report.endedSeconds)
    },
    onHostFailed(name, message, atSeconds) {
      const before = hypervisors.get(name)
      const placements = placementsUnread(revision ? placedOn(revision, name) : [], 'Unreachable', message)
      hosts.set(name, { placements, drift: hosts.get(name)?.drift ?? [] })
      hypervisors.set(name, {
        name,
        isUp: false,
        lastResult: 'error',
        lastCycleSeconds: before?.lastCycleSeconds ?? null,
        message,
        withheld: before?.withheld ?? [],
        suspended: null,
      })
      return standAll(placements, atSeconds)
    },
    onHostGone(name) {
      hypervisors.delete(name)
      hosts.delete(name)
      deps.onChange?.()
    },
    view() {
      const drift = hosts.driftByOwner()
      const resources = (revision?.fleet.manifests ?? []).map((manifest) =>
        resourceView(manifest, standings.get(manifest.id), hosts.placementsOf(manifest.id), drift.get(manifest.id) ?? []),
      )
      const errors = (revision?.diagnostics ?? [])
        .filter((one) => one.severity === 'error')
        .map((one) => `${one.at.file}:${one.at.line}:${one.at.column}: ${sentenceOf(one)}`)
      const shown = hypervisorViews()
      return { fleet, commit: commit ?? null, refused: refused ?? null, errors, hypervisors: shown, resources }
    },
    readiness() {
      if (revision === undefined)
        return { isReady: false, reason: refused === undefined ? 'no commit was loaded yet' : `no commit is in force: ${refused.because}` }
      const because = deps.standsBack?.()
      if (because !== undefined) return { isReady: false, reason: because }
      const ours = [...revision.compiled.states.keys()].filter((name) => deps.inOtherHands?.(name) === undefined)
      const waiting = ours.filter((name) => !hypervisors.has(name))
      return waiting.length === 0
        ? { isReady: true, reason: 'every hypervisor was tried' }
        : { isReady: false, reason: `not tried yet: ${waiting.join(', ')}` }
    },
  }
}

function untried(name: HypervisorName, because = 'not tried yet'): HypervisorView {
  return { name, isUp: 'unknown', lastResult: null, lastCycleSeconds: null, message: because, withheld: [], suspended: null }
}

function hypervisorView(cycle: SeenCycle['cycle'], report: ReconcileReport): HypervisorView {
  const withheld = report.withheld.map(({ brake, because, changes, approval }) => ({
    brake,
    because,
    changes: changes.map((change) => `${change.action} ${change.id}`),
    approval: approval ?? null,
  }))
  return {
    name: cycle.hypervisor,
    isUp: true,
    lastResult: cycle.status,
    lastCycleSeconds: report.endedSeconds,
    message: cycle.message,
    withheld,
    suspended: null,
  }
}

/** Asked with each cycle: grouped once for a revision. */
const byHypervisor = new WeakMap<readonly Placed[], ReadonlyMap<HypervisorName, readonly Placed[]>>()

/** Which manifests stand on which targets of a hypervisor. */
function placedOn({ compiled }: Revision, name: HypervisorName): readonly Placed[] {
  const all = byHypervisor.get(compiled.placed) ?? Map.groupBy(compiled.placed, ({ target }) => target.hypervisor)
  byHypervisor.set(compiled.placed, all)
  const placed = all.get(name) ?? []
  return [...new Map(placed.map((one) => [`${one.manifest} ${targetKey(one.target)}`, one])).values()]
}

function resourceView(
  manifest: Manifest,
  standing: Standing | undefined,
  placements: readonly PlacementFacts[],
  drift: readonly OpenDriftView[],
): ResourceView {
  const targets = placements.map((placement) => placement.target)
  return {
    kind: manifest.kind,
    name: manifest.name,
    generation: manifest.generation,
    observedGeneration: standing?.observedGeneration ?? '',
    targets,
    conditions: standing?.conditions ?? [],
    drift,
  }
}
