import type { HypervisorView, OpenDriftView, ResourceView, StatusView } from '../http/source.ts'
import { placementsOf } from '../loop/placements.ts'
import type { SeenCycle } from '../loop/ports.ts'
import type { Revision } from '../loop/revision.ts'
import type { CommitInfo, ReconcileReport } from '../model/event.ts'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import { targetKey } from '../model/target.ts'
import { computeStanding, type PlacementFacts, type Standing } from '../report/conditions.ts'
import { sentenceOf } from '../report/diagnostics.ts'

/** What the running controller shows of itself: kept up to date by what it hears. */
export interface Board {
  onRevision(revision: Revision, commit: CommitInfo): void
  /** Answers how each manifest that the cycle touched stands now. */
  onCycle(seen: SeenCycle, report: ReconcileReport, sinceOf: (item: string) => number): ReadonlyMap<ManifestId, Standing>
  onHostFailed(hypervisor: HypervisorName, message: string, atSeconds: number): void
  onHostGone(hypervisor: HypervisorName): void
  view(): StatusView
  readiness(): { readonly isReady: boolean; readonly reason: string }
}

interface Placed {
  readonly placements: readonly PlacementFacts[]
  readonly drift: readonly OpenDriftView[]
}

export function createBoard(fleet: string): Board {
  const hypervisors = new Map<HypervisorName, HypervisorView>()
  const placed = new Map<HypervisorName, ReadonlyMap<ManifestId, Placed>>()
  const standings = new Map<ManifestId, Standing>()
  let revision: Revision | undefined
  let commit: CommitInfo | undefined

  function stand(id: ManifestId, nowSeconds: number): Standing | undefined {
    const manifest = revision?.fleet.manifests.find((one) => one.id === id)
    if (manifest === undefined || revision === undefined) return undefined
    const errors = revision.diagnostics
      .filter((diagnostic) => diagnostic.severity === 'error' && diagnostic.manifest === id)
      .map(sentenceOf)
    const placements = [...placed.values()].flatMap((one) => one.get(id)?.placements ?? [])
    const standing = computeStanding({ manifest: id, generation: manifest.generation, errors, placements }, standings.get(id), nowSeconds)
    standings.set(id, standing)
    return standing
  }

  return {
    onRevision(next, info) {
      revision = next
      commit = info
      for (const id of standings.keys()) if (next.fleet.manifests.every((manifest) => manifest.id !== id)) standings.delete(id)
    },
    onCycle({ cycle, revision: current }, report, sinceOf) {
      const desired = current.compiled.states.get(cycle.hypervisor)
      const facts = desired ? placementsOf(cycle, desired, report.vitals) : new Map<ManifestId, readonly PlacementFacts[]>()
      placed.set(
        cycle.hypervisor,
        new Map([...facts].map(([id, placements]) => [id, { placements, drift: openDrift(id, cycle, sinceOf) }])),
      )
      hypervisors.set(cycle.hypervisor, hypervisorView(cycle, report))
      return new Map(
        [...facts.keys()].flatMap((id) => {
          const standing = stand(id, report.endedSeconds)
          return standing ? [[id, standing] as const] : []
        }),
      )
    },
    onHostFailed(name, message, atSeconds) {
      const before = hypervisors.get(name)
      hypervisors.set(name, {
        name,
        isUp: false,
        lastResult: 'error',
        lastCycleSeconds: before?.lastCycleSeconds ?? atSeconds,
        message,
        withheld: before?.withheld ?? [],
      })
    },
    onHostGone(name) {
      hypervisors.delete(name)
      placed.delete(name)
    },
    view() {
      const resources = (revision?.fleet.manifests ?? []).map((manifest) =>
        resourceView(manifest.id, manifest.generation, standings.get(manifest.id), placed),
      )
      const errors = (revision?.diagnostics ?? [])
        .filter((one) => one.severity === 'error')
        .map((one) => `${one.at.file}:${one.at.line}:${one.at.column}: ${sentenceOf(one)}`)
      const tried = new Map([...(revision?.compiled.states.keys() ?? [])].map((name) => [name, hypervisors.get(name) ?? untried(name)]))
      return { fleet, commit: commit ?? null, errors, hypervisors: [...tried.values()], resources }
    },
    readiness() {
      if (revision === undefined) return { isReady: false, reason: 'no commit was loaded yet' }
      const waiting = [...revision.compiled.states.keys()].filter((name) => !hypervisors.has(name))
      return waiting.length === 0
        ? { isReady: true, reason: 'every hypervisor was tried' }
        : { isReady: false, reason: `not tried yet: ${waiting.join(', ')}` }
    },
  }
}

function untried(name: HypervisorName): HypervisorView {
  return { name, isUp: 'unknown', lastResult: null, lastCycleSeconds: null, message: 'not tried yet', withheld: [] }
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
  }
}

function openDrift(id: ManifestId, cycle: SeenCycle['cycle'], sinceOf: (item: string) => number): readonly OpenDriftView[] {
  const changes = cycle.plan.withheld.flatMap((one) => one.changes).filter((change) => change.owners.includes(id))
  return changes.flatMap((change) =>
    change.fields
      .filter((field) => field.cause === 'drift')
      .map((field) => ({
        target: targetKey(change.target),
        item: change.id,
        field: field.field,
        wanted: field.after ?? null,
        found: field.before ?? null,
        sinceSeconds: sinceOf(`${targetKey(change.target)} ${change.id}`),
      })),
  )
}

function resourceView(
  id: ManifestId,
  generation: string,
  standing: Standing | undefined,
  placed: ReadonlyMap<HypervisorName, ReadonlyMap<ManifestId, Placed>>,
): ResourceView {
  const own = [...placed.values()].flatMap((one) => one.get(id) ?? [])
  const [kind = '', name = ''] = id.split('/')
  return {
    kind,
    name,
    generation,
    observedGeneration: standing?.observedGeneration ?? '',
    targets: own.flatMap((one) => one.placements.map((placement) => placement.target)),
    conditions: standing?.conditions ?? [],
    drift: own.flatMap((one) => one.drift),
  }
}
