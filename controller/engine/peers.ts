import { noPeers, type Peer, type PeerFacts } from '../model/primitive.ts'

/** What a plan may ask of things on other targets. */
export interface PeerView extends PeerFacts {
  /** It was read since this program began, or could not be. Until then a change that looks at it waits. */
  isRead(peer: Peer): boolean
}

/** Nothing elsewhere was read yet: what looks at a peer waits. */
export const nothingRead: PeerView = { ...noPeers, isRead: () => false }
