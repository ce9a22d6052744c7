import { type HypervisorName, typeOf } from '../model/ids.ts'
import type { Desired } from '../model/kind.ts'
import { ledgerKey } from '../model/ledger.ts'
import { type AnyPrimitive, noPeers, type Peer, type PeerFacts, type Spec } from '../model/primitive.ts'
import { targetKey } from '../model/target.ts'

/** What a plan may ask of things on other targets. */
export interface PeerView extends PeerFacts {
  /** It was read since this program began, or could not be. Until then a change that looks at it waits. */
  isRead(peer: Peer): boolean
}

/** A thing that specs elsewhere look at, and the hypervisors of those. */
export interface Watched {
  readonly peer: Peer
  readonly by: ReadonlySet<HypervisorName>
  /** What of its state they go by. */
  factOf(state: unknown): unknown
}

/** What is looked at across targets, by ledger key. */
export type WatchedPeers = ReadonlyMap<string, Watched>

/** All peers that these items name. */
export function watchedPeers(items: readonly Desired[], primitives: ReadonlyMap<string, AnyPrimitive>): WatchedPeers {
  const watched = new Map<string, Watched & { readonly by: Set<HypervisorName> }>()
  for (const { target, spec } of items)
    for (const peer of spec.peers ?? []) {
      const key = peerKey(peer)
      const primitive = primitives.get(typeOf(peer.id))
      const known = watched.get(key) ?? {
        peer,
        by: new Set(),
        factOf: (state: unknown) => (primitive?.fact ? primitive.fact(state) : state),
      }
      known.by.add(target.hypervisor)
      watched.set(key, known)
    }
  return watched
}

export function peerKey({ target, id }: Peer): string {
  return ledgerKey(targetKey(target), id)
}

/** The first peer of a spec that says nothing yet: undefined where its diff knows all that it looks at. */
export function unreadPeer({ peers = [] }: Spec, view: PeerView): Peer | undefined {
  return peers.find((peer) => !view.isRead(peer))
}

/** For people: what is waited for. */
export function waitsForPeer({ target, id }: Peer): string {
  return `waits for what ${targetKey(target)} says of ${id}`
}

/** Nothing elsewhere was read yet: what looks at a peer waits. */
export const nothingRead: PeerView = { ...noPeers, isRead: () => false }
