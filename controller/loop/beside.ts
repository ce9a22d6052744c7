import type { HypervisorName } from '../model/ids.ts'
import type { Revision } from './revision.ts'

/** Hypervisors beside these that they look at, or that have placements which come before theirs: they are looked at too. */
export function neighboursOf(names: readonly HypervisorName[], { compiled }: Revision): ReadonlySet<HypervisorName> {
  const chosen = new Set(names)
  const watched = [...compiled.peers.values()].filter(({ by }) => names.some((name) => by.has(name)))
  const stages = [...compiled.rollouts.values()].flatMap((all) =>
    all.slice(0, all.findLastIndex(({ target }) => chosen.has(target.hypervisor)) + 1),
  )
  const all = [...watched.map(({ peer }) => peer.target.hypervisor), ...stages.map(({ target }) => target.hypervisor)]
  return new Set(all.filter((name) => !chosen.has(name) && compiled.states.has(name)))
}
