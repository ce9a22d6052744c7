import type { Cycle } from '../engine/cycle.ts'
import { planOnce } from '../engine/reconcile.ts'
import type { ReconcileDeps } from '../engine/run.ts'
import { findWanted } from '../manifests/lastGood.ts'
import type { Attempt } from '../model/attempt.ts'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import type { DesiredState } from '../model/plan.ts'
import { attemptOf, tryWay } from './attempt.ts'
import { backoffSeconds, circuitOf, failureLimits } from './backoff.ts'
import { behindSeconds, createDuties } from './charge.ts'
import { createTrust, reconcileDepsFor } from './dependencies.ts'
import { createHostTable, type HostState } from './hosts.ts'
import { createLanes, type Lane, lanes } from './lanes.ts'
import { createLoading } from './loading.ts'
import { moved } from './moved.ts'
import { createNeighbours, readingsOf } from './neighbours.ts'
import { withSuspensions } from './policy.ts'
import type { LoopDeps } from './ports.ts'
import { createQueue, type Priority, type QueuedKey, type WorkQueue } from './queue.ts'
import { createReadings } from './readings.ts'
import { reconcileHost } from './reconcileHost.ts'
import { recall, remember } from './rejected.ts'
import { makeRevision, type Revision } from './revision.ts'
import type { Settled } from './trials.ts'
import { createWatches, type Looking } from './watches.ts'
import { witnessesOf } from './witnesses.ts'

/** The long-running controller: watches Git, and keeps every hypervisor as it says. */
export interface Controller {
  /** Begins to watch; resolves when the repository was asked once. */
  start(): Promise<void>
  /** Reconciles now: one hypervisor, or all. False where there is no such hypervisor. */
  reconcileNow(hypervisor?: HypervisorName): boolean
  readonly revision: Revision | undefined
  readonly queue: WorkQueue
  /** Who is in charge of what has moved: looks at once at what is its own now. */
  chargeMoved(): void
  /** Another replica is to be in charge of it: resolves when the cycle in hand there has ended, and all of it is forgotten. */
  leave(name: HypervisorName): Promise<void>
  /** Tries the way to a hypervisor, whoever is in charge of it, and changes nothing. */
  tryWay(name: HypervisorName): Promise<Attempt>
  /** Resolves when what is in hand at this moment on this hypervisor, or on all, has ended. */
  afterWorkInHand(hypervisor?: HypervisorName): Promise<void>
  /** Lets every transaction in hand finish, then closes all connections. */
  stop(): Promise<void>
}

/** How often it is asked whether it is known again who is in charge. */
const certainEveryMs = 1000
const notKnown: Attempt = { status: 'denied', because: 'this replica does not know it yet, or let go of it just now' }

export function createController<State>(deps: LoopDeps<State>): Controller {
  const { clock, timings, observer, git } = deps
  const queue = createQueue(clock.nowSeconds)
  const hosts = createHostTable(deps.connect)
  const running = new Map<Promise<void>, HypervisorName>()
  const workers = createLanes(timings.workers, clock)
  const trust = createTrust(deps.git)
  const neighbours = createNeighbours((name) => enqueue(name, 'event'), hosts.get)
  const duties = createDuties(deps.charge)
  const readings = createReadings({ clock, randomHex: deps.randomHex, isStopped: () => isStopped, onReadings: neighbours.afterReadings })
  const watches = createWatches(deps, (name) => enqueue(name, 'event'), hosts.get)
  const loading = createLoading({
    clock,
    random: deps.random,
    read,
    onFailed: (reason) => observer.onUnreadable(git.state.commit ?? '', reason),
    onMended: () => observer.onGit(git.state),
  })
  let revision: Revision | undefined
  /** Ledgers that were held against this revision. */
  let noticed = new WeakSet<object>()
  let isStopped = false
  let gitSeen = ''

  function enqueue(name: HypervisorName, priority: Priority): void {
    enqueueAll([name], priority)
  }

  /** Where thousands come at once, who is next is asked once. */
  function enqueueAll(names: Iterable<HypervisorName>, priority: Priority): void {
    for (const name of names) if (duties.dutyOf(name) !== 'none') queue.add(name, priority)
    pump()
  }

  function pump(): void {
    for (const lane of lanes) fill(lane)
  }

  /** Whoever must be connected to first stands in a lane of its own. */
  function laneOf(name: string): Lane {
    return (hosts.get(name as HypervisorName)?.handle.sessionId() ?? 0) > 0 ? 'open' : 'closed'
  }

  function fill(lane: Lane): void {
    while (!isStopped && workers.hasRoom(lane)) {
      const next = queue.take((name) => laneOf(name) === lane)
      if (next === undefined) return
      const letGo = workers.hold(lane, pump)
      const run = work(next.key as HypervisorName, next).finally(() => {
        letGo()
        running.delete(run)
        queue.done(next.key)
        pump()
      })
      running.set(run, next.key as HypervisorName)
    }
  }

  async function work(name: HypervisorName, { queuedSeconds, priority }: Pick<QueuedKey, 'queuedSeconds' | 'priority'>): Promise<void> {
    const host = hosts.get(name)
    const current = revision
    const desired = current?.compiled.states.get(name)
    if (host === undefined || current === undefined || desired === undefined) return
    host.cancelTimer()
    if (duties.dutyOf(name) !== 'own') return look(host, current, desired)
    const looking = watches.begin(host)
    try {
      if (priority !== 'event') host.factWakes = 0
      const { cycle, isInterrupted } = await reconcileOne(host, current, priority, looking)
      deps.charge?.tried?.(name, { status: 'reached' })
      if (!isInterrupted) neighbours.afterCycle(host, cycle, current)
      settle(host, cycle)
      if (isInterrupted || hosts.get(name) === undefined) return looking.failed()
      const finding = looking.ended(cycle, desired)
      const witnesses = cycle.drift.length === 0 ? [] : await witnessesOf(host, timings)
      // Who was logged in is asked since the host was last really seen.
      if (cycle.busy === undefined) host.seenSeconds = cycle.clockSeconds
      observer.onCycle({
        cycle: { ...cycle, vitals: readingsOf(host, cycle, desired) },
        revision: current,
        queuedSeconds,
        witnesses,
        finding,
      })
      readings.refresh(host, desired)
    } catch (error) {
      looking.failed()
      lose(host, error, current)
      deps.charge?.tried?.(name, attemptOf(error))
      if (hosts.has(host) && !duties.isOvertaken(error)) observer.onHostError(name, error, circuitOf(host.failures, false))
    }
    noticeNewOwners(host)
  }

  function depsOf(host: HostState, held: Revision): ReconcileDeps {
    return withSuspensions(reconcileDepsFor(deps, trust, host, held, neighbours.ground(held)), host.name, deps.suspensions)
  }

  /** Another replica's, that one of ours looks at or waits for: what is seen there is nobody's news. */
  async function look(host: HostState, current: Revision, desired: DesiredState): Promise<void> {
    if (duties.dutyOf(host.name) !== 'look') return
    try {
      const cycle = await planOnce(desired, { ...depsOf(host, current), epoch: 'found' })
      host.failures = 0
      neighbours.afterCycle(host, cycle, current)
      later(host, Math.min(pace(), behindSeconds(host, cycle), neighbours.awaitedSeconds(host) ?? Number.POSITIVE_INFINITY))
      readings.refresh(host, desired)
    } catch (error) {
      lose(host, error, current)
    }
  }

  /** It did not answer, or not as a host does: nothing is taken for installed in its shell, and it is asked again after a while. */
  function lose(host: HostState, error: unknown, current: Revision): void {
    host.failures++
    host.memory.installed = undefined
    later(host, backoffSeconds(host.failures, deps.random))
    neighbours.afterLoss(host, error instanceof Error ? error.message : String(error), current)
  }

  async function reconcileOne(host: HostState, current: Revision, priority: Priority, looking: Looking): Promise<Settled> {
    const terms = duties.termsOf(host.name)
    const settled = await reconcileHost(
      {
        name: host.name,
        current,
        rules: deps.rules,
        git,
        ledgers: () => hosts.ledgers,
        reconcileDeps: (held) => ({
          ...depsOf(host, held),
          ...terms,
          onProgress: looking.onProgress,
        }),
        isOver: () => isStopped || revision !== current || duties.dutyOf(host.name) !== 'own',
      },
      recall(host, current, priority, clock.nowSeconds()),
    )
    remember(host, settled, clock.nowSeconds(), deps.random)
    return settled
  }

  function settle(host: HostState, cycle: Cycle): void {
    host.failures = cycle.status === 'failed' && host.rejected.size === 0 ? host.failures + 1 : 0
    const isWaiting = cycle.status === 'waiting' && !cycle.isWoken
    host.waits = isWaiting ? host.waits + 1 : 0
    const awaited = neighbours.awaitedSeconds(host) ?? Number.POSITIVE_INFINITY
    if (duties.wasHeldBack(host.name)) whenCertain(host)
    else if (host.rejected.size > 0) later(host, Math.min(pace(), Math.max(0.5, host.retrySeconds - clock.nowSeconds())))
    else if (cycle.status === 'failed') later(host, backoffSeconds(host.failures, deps.random, failureLimits))
    else if (isWaiting) later(host, Math.min(10, 1 + host.waits / 4))
    else later(host, Math.min(pace(), awaited))
  }

  function pace(): number {
    return timings.resyncSeconds * (0.9 + 0.2 * deps.random())
  }

  function later(host: HostState, seconds: number): void {
    host.cancelTimer()
    if (!isStopped && hosts.has(host)) host.cancelTimer = clock.after(seconds * 1000, () => enqueue(host.name, 'resync'))
  }

  /** What was not begun because nobody was sure who is in charge must not wait for the resync. */
  function whenCertain(host: HostState): void {
    host.cancelTimer()
    const again = (): void => (duties.isCertain() ? enqueue(host.name, 'resync') : whenCertain(host))
    if (!isStopped && hosts.has(host)) host.cancelTimer = clock.after(certainEveryMs, again)
  }

  /** Trouble that lasts is told again and again, so that it is mailed when its grace is over; the tree is read only when something moved. */
  function isNews(): boolean {
    const seen = JSON.stringify([git.state.commit, git.state.trouble])
    const isNew = seen !== gitSeen
    gitSeen = seen
    return isNew
  }

  async function read(): Promise<void> {
    const { commit } = git.state
    if (commit === undefined) return
    const reading = await git.readTree(commit, deps.wants, ['reeve.approvals.yaml'])
    if (reading.status === 'failed') throw new Error(reading.reason)
    const before = revision
    const next = await makeRevision(reading.tree, deps.rules, git, hosts.ledgers)
    const { gone, anew } = hosts.follow(next.fleet.all('Hypervisor' as never))
    for (const name of gone) observer.onHostGone(name)
    revision = next
    noticed = new WeakSet()
    neighbours.follow(next)
    observer.onRevision(next)
    deps.charge?.follow([...next.compiled.states.keys()])
    // What became ours while all was read has moved nothing in Git.
    enqueueAll([...moved(before, next), ...anew, ...duties.follow(next)], 'commit')
  }

  /** A ledger that is seen for the first time may name owners whose last good version must come back into force. */
  function noticeNewOwners({ memory: { ledger } }: HostState): void {
    if (revision === undefined || isStopped || ledger.status !== 'read' || noticed.has(ledger.ledger)) return
    noticed.add(ledger.ledger)
    const wanted = findWanted(revision.head, [ledger.ledger]).map((each) => each.id)
    const held = new Set<ManifestId>([...revision.stale, ...revision.frozen])
    if (wanted.some((id) => !held.has(id))) void loading.load()
  }

  return {
    async start() {
      await git.start((state) => {
        observer.onGit(state)
        if (isNews()) void loading.load()
      })
      await loading.load()
    },
    reconcileNow(hypervisor) {
      const names = hypervisor === undefined ? hosts.names : hosts.names.filter((name) => name === hypervisor)
      enqueueAll(names, 'person')
      return names.length > 0
    },
    get revision() {
      return revision
    },
    queue,
    chargeMoved() {
      if (revision !== undefined) enqueueAll(duties.follow(revision), 'commit')
    },
    async leave(name) {
      hosts.get(name)?.cancelTimer()
      await Promise.all([...running].filter(([, each]) => each === name).map(([run]) => run))
      hosts.reset(name)
      duties.left(name)
      observer.onHostLeft?.(name)
    },
    async tryWay(name) {
      const host = hosts.get(name)
      const attempt: Attempt = host === undefined ? notKnown : await tryWay(host.handle, timings.observeTimeoutMs)
      // Who let go of it meanwhile has cut its own connections.
      return host === hosts.get(name) ? attempt : notKnown
    },
    async afterWorkInHand(hypervisor) {
      await Promise.all([...running].filter(([, name]) => (hypervisor ?? name) === name).map(([run]) => run))
    },
    async stop() {
      isStopped = true
      await loading.stop()
      await Promise.all(running.keys())
      await hosts.close()
    },
  }
}
