import type { Policy } from '../engine/brake.ts'
import type { Cycle } from '../engine/cycle.ts'
import { vitalKey } from '../engine/observe.ts'
import type { PeerView } from '../engine/peers.ts'
import { type Stage, vitalsOf } from '../engine/rollout.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { Reading } from '../model/kind.ts'
import type { DesiredState } from '../model/plan.ts'
import type { HostState } from './hosts.ts'
import { createPeerBook, type PeerBook } from './peers.ts'
import type { Revision } from './revision.ts'
import { currentReadings } from './slow.ts'
import { changedStages, createTurns, type Turns } from './turns.ts'

/** What a cycle of one host may know of the others. */
export interface Ground {
  readonly peers: PeerView
  readonly turnOf: NonNullable<Policy['turnOf']>
}

/** What hypervisors know of each other, and who is woken when that moves. */
export interface Neighbours {
  ground(current: Revision): Ground
  /** After a cycle of a host: wakes who waits for what it saw, and those whom it waits for and of whom nothing is known yet. */
  afterCycle(host: HostState, cycle: Cycle, current: Revision): void
  /** New answers to vitals came. */
  afterReadings(host: HostState): void
  afterLoss(host: HostState, because: string, current: Revision): void
  /** A new commit is in force. */
  follow(current: Revision): void
  /** Seconds until a host is looked at again because others wait for its health; undefined where nobody does. */
  awaitedSeconds(host: HostState): number | undefined
}

/** In a row, and without a resync in between: things that move with every look must not keep two hosts busy with each other. */
const mostFactWakes = 5

export function createNeighbours(
  wake: (name: HypervisorName) => void,
  hostOf: (name: HypervisorName) => HostState | undefined,
): Neighbours {
  const peers = createPeerBook()
  const turns = createTurns()
  const waiting = new Set<HypervisorName>()

  function wakeByFact(name: HypervisorName): void {
    const host = hostOf(name)
    if (host !== undefined && host.factWakes++ < mostFactWakes) wake(name)
  }

  function judge(host: HostState): void {
    if (host.seen === undefined) return
    const { cycle, revision } = host.seen
    const desired = revision.compiled.states.get(host.name)
    if (desired === undefined) return
    for (const name of turns.learn(cycle, revision.compiled, readingsOf(host, cycle, desired))) if (waiting.has(name)) wake(name)
  }

  /** Whoever begins to wait has those looked at that come first; its turn may have come while it was at work. */
  function waitForTurn(name: HypervisorName, { plan }: Cycle, { compiled }: Revision): void {
    const held = plan.withheld.filter(({ brake }) => brake === 'Rollout').flatMap(({ changes }) => changes)
    const wasWaiting = waiting.delete(name)
    if (held.length === 0) return
    waiting.add(name)
    const isHeld = held.some(({ owners, target }) => owners.some((owner) => turns.turnOf(compiled, owner, target)))
    if (!isHeld) wake(name)
    else if (!wasWaiting) for (const first of turns.openBefore(name, compiled)) if (first !== name) wake(first)
  }

  return {
    ground: ({ compiled }) => ({
      peers: peers.view(compiled),
      turnOf: (owner, target) => turns.turnOf(compiled, owner, target),
    }),
    afterCycle(host, cycle, current) {
      const { compiled } = current
      const changed = changedStages(cycle, compiled)
      if (changed.length > 0) forgetReadings(host, changed, current)
      host.seen = { cycle, revision: current }
      judge(host)
      for (const name of peers.learn(cycle, compiled)) wakeByFact(name)
      for (const name of silentFor(cycle, current, peers)) if (name !== host.name) wake(name)
      waitForTurn(host.name, cycle, current)
      if (turns.open(host.name, compiled).length === 0) host.seen = undefined
      else if (isAwaited(host.name, current, turns, waiting)) forgetIll(host, turns.open(host.name, compiled), current)
    },
    afterReadings: judge,
    afterLoss(host, because, { compiled }) {
      host.seen = undefined
      waiting.delete(host.name)
      for (const name of turns.lose(host.name, because, compiled)) if (waiting.has(name)) wake(name)
      for (const name of peers.lose(host.name, because, compiled)) wakeByFact(name)
    },
    follow({ compiled }) {
      turns.follow(compiled)
      for (const name of peers.follow(compiled)) wakeByFact(name)
    },
    awaitedSeconds(host) {
      if (host.seen === undefined || !isAwaited(host.name, host.seen.revision, turns, waiting)) {
        host.awaited = 0
        return undefined
      }
      return 2 + (host.awaited++) ** 2 / 4
    },
  }
}

/** Readings of all paces, as they were last answered. */
export function readingsOf(host: HostState, cycle: Cycle, desired: DesiredState): ReadonlyMap<string, Reading> {
  return new Map([...cycle.vitals, ...host.networkVitals, ...currentReadings(desired, host.slowAnswers)])
}

/** Whom this cycle looked at without anything being known of them yet. */
function silentFor({ hypervisor }: Cycle, { compiled }: Revision, peers: PeerBook): ReadonlySet<HypervisorName> {
  const view = peers.view(compiled)
  const unread = [...compiled.peers.values()].filter(({ peer, by }) => by.has(hypervisor) && !view.isRead(peer))
  return new Set(unread.map(({ peer }) => peer.target.hypervisor))
}

/** Others wait, and a stage of this host comes before one of theirs. */
function isAwaited(name: HypervisorName, { compiled }: Revision, turns: Turns, waiting: ReadonlySet<HypervisorName>): boolean {
  const manifests = new Set(turns.open(name, compiled).map(({ manifest }) => manifest))
  const stages = [...manifests].flatMap((manifest) => compiled.rollouts.get(manifest) ?? [])
  return stages.some(({ target }) => waiting.has(target.hypervisor))
}

/** What was read of the health of stages before they changed says nothing any more. */
function forgetReadings(host: HostState, stages: readonly Stage[], { compiled }: Revision): void {
  const desired = compiled.states.get(host.name)
  if (desired === undefined) return
  const gone = new Set(stages.flatMap((stage) => vitalsOf(stage, desired).map(vitalKey)))
  host.networkVitals = new Map([...host.networkVitals].filter(([key]) => !gone.has(key)))
  host.slowAnswers = new Map([...host.slowAnswers].filter(([key]) => !gone.has(key)))
  host.vitalsSeconds = 0
  host.changes++
  host.awaited = 0
}

/** Ill health that others wait for is asked again at once, not at its own pace. */
function forgetIll(host: HostState, stages: readonly Stage[], { compiled }: Revision): void {
  const desired = compiled.states.get(host.name)
  const vitals = desired === undefined ? [] : stages.flatMap((stage) => vitalsOf(stage, desired))
  const ill = vitals.filter((vital) => {
    const reading = host.slowAnswers.get(vitalKey(vital))?.reading
    return reading !== undefined && vital.assess(reading).healthy !== true
  })
  const gone = new Set(ill.map(vitalKey))
  host.slowAnswers = new Map([...host.slowAnswers].filter(([key]) => !gone.has(key)))
  host.vitalsSeconds = 0
}
