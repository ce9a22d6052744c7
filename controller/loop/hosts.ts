import type { Cycle } from '../engine/cycle.ts'
import { emptyMemory, type HostMemory } from '../engine/session.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { Reading } from '../model/kind.ts'
import type { Ledger } from '../model/ledger.ts'
import type { Manifest } from '../model/manifest.ts'
import type { HostHandle } from './ports.ts'
import type { Revision } from './revision.ts'
import type { SlowAnswers } from './slow.ts'
import type { Rejections } from './trials.ts'
import type { HostWatch } from './watch.ts'

/** What the loop remembers of one hypervisor. */
export interface HostState {
  readonly name: HypervisorName
  readonly handle: HostHandle
  readonly memory: HostMemory
  /** Moves when the manifest says another way to it. */
  readonly way: string
  /** What this host did not take; may be lost at any time, and is found again. */
  rejected: Rejections
  /** Tries in a row that ended with something rejected, and when the next one is due, seconds since the epoch. */
  rejectedRounds: number
  retrySeconds: number
  failures: number
  waits: number
  /** The host's own clock when it was last observed, seconds since the epoch. */
  seenSeconds: number | undefined
  /** Answers of network vitals, and when they were asked, seconds since the epoch. */
  networkVitals: ReadonlyMap<string, Reading>
  vitalsSeconds: number
  /** Answers of slow vitals; may be lost at any time, and are asked again. */
  slowAnswers: SlowAnswers
  isAskingSlowly: boolean
  /** Its last cycle, while others wait for what stands on it. */
  seen: { readonly cycle: Cycle; readonly revision: Revision } | undefined
  /** How often something changed whose health others wait for: what was asked before is not believed. */
  changes: number
  /** Looks in a row because others wait for it. */
  awaited: number
  /** How often it was woken since its last resync because another one said something new. */
  factWakes: number
  /** When a look at it last ended well, seconds since the epoch. */
  lookedSeconds: number | undefined
  /** Undefined until it was read for the first time. */
  watch: HostWatch | undefined
  cancelTimer: () => void
}

export interface HostTable {
  get(name: HypervisorName): HostState | undefined
  /** Opens, keeps or replaces the connections that a fleet asks for; answers hypervisors that are gone, and those whose connection is another one now: nothing is known of them, and nobody means to look at them. */
  follow(hypervisors: readonly Manifest[]): { readonly gone: readonly HypervisorName[]; readonly anew: readonly HypervisorName[] }
  /** It was not let go of. */
  has(host: HostState): boolean
  readonly names: readonly HypervisorName[]
  readonly ledgers: readonly Ledger[]
  /** Closes the connection to one, and forgets what is known of it. */
  reset(name: HypervisorName): void
  close(): Promise<void>
}

export function createHostTable(connect: (hypervisor: Manifest, all: readonly Manifest[]) => HostHandle): HostTable {
  const hosts = new Map<HypervisorName, HostState>()
  const openAgain = new Map<HypervisorName, () => void>()

  function follow(hypervisors: readonly Manifest[]): ReturnType<HostTable['follow']> {
    const asked = new Map(hypervisors.map((manifest) => [manifest.name as HypervisorName, manifest]))
    const gone = [...hosts.keys()].filter((name) => !asked.has(name))
    for (const name of gone) drop(name)
    const anew = [...asked].flatMap(([name, manifest]) => (renew(name, manifest, hypervisors) ? [name] : []))
    return { gone, anew }
  }

  function renew(name: HypervisorName, manifest: Manifest, all: readonly Manifest[]): boolean {
    const way = wayTo(manifest, all)
    if (hosts.get(name)?.way === way) return false
    drop(name)
    openAgain.set(name, () => open(name, way, connect(manifest, all)))
    open(name, way, connect(manifest, all))
    return true
  }

  function open(name: HypervisorName, way: string, handle: HostHandle): void {
    hosts.set(name, {
      name,
      handle,
      memory: emptyMemory(),
      way,
      rejected: new Map(),
      rejectedRounds: 0,
      retrySeconds: 0,
      failures: 0,
      waits: 0,
      seenSeconds: undefined,
      networkVitals: new Map(),
      vitalsSeconds: 0,
      slowAnswers: new Map(),
      isAskingSlowly: false,
      seen: undefined,
      changes: 0,
      awaited: 0,
      factWakes: 0,
      lookedSeconds: undefined,
      watch: undefined,
      cancelTimer: () => {},
    })
  }

  function drop(name: HypervisorName): void {
    const host = hosts.get(name)
    host?.cancelTimer()
    host?.watch?.close()
    hosts.delete(name)
    openAgain.delete(name)
    void host?.handle[Symbol.asyncDispose]()
  }

  return {
    get: (name) => hosts.get(name),
    has: (host) => hosts.get(host.name) === host,
    follow,
    get names() {
      return [...hosts.keys()]
    },
    get ledgers() {
      return [...hosts.values()].flatMap(({ memory }) => (memory.ledger.status === 'read' ? [memory.ledger.ledger] : []))
    },
    reset(name) {
      const again = openAgain.get(name)
      if (again === undefined) return
      drop(name)
      openAgain.set(name, again)
      again()
    },
    async close() {
      // A timer that is left would keep the process alive until the next look is due.
      for (const host of hosts.values()) {
        host.cancelTimer()
        host.watch?.close()
      }
      await Promise.all([...hosts.values()].map((host) => host.handle[Symbol.asyncDispose]()))
      hosts.clear()
    },
  }
}

/** All that its connection is made from: what its manifest says, and those of the hosts that it leads through. */
function wayTo(manifest: Manifest, all: readonly Manifest[], hops: readonly string[] = []): string {
  const own = JSON.stringify(manifest.spec, (key, value: unknown) => (key === 'system' ? undefined : value))
  const { jump } = manifest.spec as { readonly jump?: string }
  const through = jump === undefined || hops.includes(manifest.name) ? undefined : all.find(({ name }) => name === jump)
  return through === undefined ? own : `${own} ${wayTo(through, all, [...hops, manifest.name])}`
}
