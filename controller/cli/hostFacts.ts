import type { HypervisorName, ManifestId } from '../model/ids.ts'
import type { OpenDriftView } from '../model/status.ts'
import type { PlacementFacts } from '../report/conditions.ts'

/** What was last seen on one hypervisor. */
export interface HostFacts {
  readonly placements: ReadonlyMap<ManifestId, readonly PlacementFacts[]>
  readonly drift: readonly OpenDriftView[]
}

/** What was last seen on each hypervisor, and of each manifest wherever it stands: that is asked for each manifest of each cycle. */
export interface FactsOfHosts {
  get(name: HypervisorName): HostFacts | undefined
  set(name: HypervisorName, facts: HostFacts): void
  delete(name: HypervisorName): void
  placementsOf(id: ManifestId): readonly PlacementFacts[]
  /** Open drift of all hypervisors, by owner. */
  driftByOwner(): ReadonlyMap<string, readonly OpenDriftView[]>
}

export function createFactsOfHosts(): FactsOfHosts {
  const hosts = new Map<HypervisorName, HostFacts>()
  const placed = new Map<ManifestId, Map<HypervisorName, readonly PlacementFacts[]>>()

  function forget(name: HypervisorName): void {
    for (const id of hosts.get(name)?.placements.keys() ?? []) {
      const own = placed.get(id)
      own?.delete(name)
      if (own?.size === 0) placed.delete(id)
    }
    hosts.delete(name)
  }

  return {
    get: (name) => hosts.get(name),
    set(name, facts) {
      forget(name)
      hosts.set(name, facts)
      for (const [id, placements] of facts.placements) {
        const own = placed.get(id) ?? new Map<HypervisorName, readonly PlacementFacts[]>()
        placed.set(id, own)
        own.set(name, placements)
      }
    },
    delete: forget,
    // By name: in which order they were seen says nothing.
    placementsOf: (id) =>
      [...(placed.get(id) ?? [])].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, placements]) => placements),
    driftByOwner() {
      const byOwner = new Map<string, OpenDriftView[]>()
      for (const { drift } of hosts.values())
        for (const one of drift)
          for (const owner of one.owners) {
            const own = byOwner.get(owner) ?? []
            byOwner.set(owner, own)
            own.push(one)
          }
      return byOwner
    },
  }
}
