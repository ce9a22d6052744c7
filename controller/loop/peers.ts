import { isDeepStrictEqual } from 'node:util'
import type { Compiled } from '../engine/compile.ts'
import type { Cycle } from '../engine/cycle.ts'
import { type PeerView, peerKey, type Watched } from '../engine/peers.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { Observed } from '../model/observation.ts'
import type { Peer } from '../model/primitive.ts'

type Fact = Observed<unknown>

/** What hypervisors last said of the things that others look at. May be lost at any time: then those wait until it is told again. */
export interface PeerBook {
  /** Keeps what this cycle saw of them; answers who looks at something that is not what it was. */
  learn(cycle: Cycle, compiled: Compiled): ReadonlySet<HypervisorName>
  /** Nothing could be read from this hypervisor: what it said before counts no more. Answers as `learn`. */
  lose(hypervisor: HypervisorName, because: string, compiled: Compiled): ReadonlySet<HypervisorName>
  /** Forgets what nobody looks at any more, and what left the fleet; answers who looked at that. */
  follow(compiled: Compiled): ReadonlySet<HypervisorName>
  view(compiled: Compiled): PeerView
}

export function createPeerBook(): PeerBook {
  const facts = new Map<string, Fact>()

  function tell(
    hypervisor: HypervisorName,
    compiled: Compiled,
    factOf: (key: string, watched: Watched) => Fact,
  ): ReadonlySet<HypervisorName> {
    const woken = new Set<HypervisorName>()
    for (const [key, watched] of compiled.peers) {
      if (watched.peer.target.hypervisor !== hypervisor) continue
      const fact = factOf(key, watched)
      const before = facts.get(key)
      facts.set(key, fact)
      if (before === undefined || !isSame(before, fact)) for (const name of watched.by) woken.add(name)
    }
    return woken
  }

  /** A cycle that was under way when its hypervisor left may have told once more. */
  function factOf(peer: Peer, compiled: Compiled): Fact {
    const { hypervisor } = peer.target
    const fact = compiled.states.has(hypervisor) ? facts.get(peerKey(peer)) : undefined
    return fact ?? untold(hypervisor, compiled)
  }

  return {
    learn(cycle, compiled) {
      // What another apply has half made is nothing to go by.
      if (cycle.busy !== undefined) return new Set()
      return tell(cycle.hypervisor, compiled, (key, watched) => {
        const seen = cycle.items.get(key) ?? unasked(watched.peer.id, cycle.hypervisor)
        return seen.status === 'present' ? { ...seen, state: watched.factOf(seen.state) } : seen
      })
    },
    lose: (hypervisor, because, compiled) =>
      tell(hypervisor, compiled, () => ({ status: 'unknown', reason: `${hypervisor} could not be read: ${because}` })),
    follow(compiled) {
      const woken = new Set<HypervisorName>()
      for (const [key, fact] of facts) {
        const watched = compiled.peers.get(key)
        if (watched !== undefined && compiled.states.has(watched.peer.target.hypervisor)) continue
        facts.delete(key)
        if (fact.status !== 'unknown') for (const name of watched?.by ?? []) woken.add(name)
      }
      return woken
    },
    view: (compiled) => ({
      of: (peer) => factOf(peer, compiled),
      isRead: (peer) => facts.has(peerKey(peer)) || !compiled.states.has(peer.target.hypervisor),
    }),
  }
}

function unasked(id: string, hypervisor: HypervisorName): Fact {
  return { status: 'unknown', reason: `no manifest asks for ${id} on ${hypervisor}` }
}

function untold(hypervisor: HypervisorName, { states }: Compiled): Fact {
  const reason = states.has(hypervisor) ? `${hypervisor} has not told of it yet` : `${hypervisor} is not in the fleet`
  return { status: 'unknown', reason }
}

/** Why something is unknown is told anew each time, and changes nothing. */
function isSame(one: Fact, other: Fact): boolean {
  if (one.status === 'unknown' || other.status === 'unknown') return one.status === other.status
  return isDeepStrictEqual(one, other)
}
