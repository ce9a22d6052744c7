import { figure, peerRow, type Row, timeByFloor } from '../rows.ts'
import { counts } from './day.ts'
import { type Drift, drifts, peerPlaces } from './drifts.ts'

/** What one tool needs for the same day's work on one and the same host, in milliseconds, and what it does not see. */
export interface Figures {
  /** With its version. */
  readonly name: string
  readonly noopMs: number
  /** Until the daemon answers as the change says. */
  readonly changeMs: number
  /** One run after all drifts at once. */
  readonly repairMs: number
  /** Drifts that stood after that run. */
  readonly left: readonly Drift['name'][]
  /** Without a change, the host being farther away; undefined of an agent, which works where the host is. */
  readonly farMs: number | undefined
}

export interface OwnFigures extends Figures {
  readonly floorMs: number
  /** Processor time of the controller for a cycle without a change. */
  readonly cpuSeconds: number
  readonly replyBytes: number
}

const things = Object.values(counts).reduce((sum, count) => sum + count, 0)
const harms = drifts(peerPlaces)

export function rowsOf(reeve: OwnFigures, peers: readonly Figures[], farRoundTripMs: number): readonly Row[] {
  const beside = (what: string, value: (one: Figures) => number | undefined, bar: number | null): readonly Row[] => {
    const own = value(reeve) ?? Number.NaN
    return peers.flatMap((peer) => {
      const theirs = value(peer)
      return theirs === undefined ? [] : [peerRow(`${what}, beside ${peer.name}`, own, theirs, 'ms', bar)]
    })
  }
  return [
    timeByFloor(`${things} things on one host, native: cycle without a change`, reeve.noopMs, reeve.floorMs, 1.3),
    figure('… processor time of the controller for a host and cycle', 1000 * reeve.cpuSeconds, 'ms', 20),
    figure("… the host's answer", reeve.replyBytes / 1000, 'kB', 35),
    ...beside('… no change', (one) => one.noopMs, 150),
    ...beside('… one line changed → it answers', (one) => one.changeMs, 400),
    ...beside(`… ${harms.length} drifts found and repaired`, (one) => one.repairMs, null),
    ...beside(`… no change, ${farRoundTripMs} ms more to the host and back`, (one) => one.farMs, 250),
    ...peers.map((peer) => leftRow(reeve, peer)),
  ]
}

function leftRow(reeve: Figures, peer: Figures): Row {
  const what = peer.left.length === 0 ? '' : ` (it leaves: ${peer.left.join(', ')})`
  return peerRow(`… of ${harms.length} drifts left, beside ${peer.name}${what}`, reeve.left.length, peer.left.length, '', 0)
}
