import type { Cycle } from '../engine/cycle.ts'
import type { Host, Streams } from '../engine/host.ts'
import type { OwnMachine } from '../engine/ownMachine.ts'
import type { Progress, ReconcileDeps } from '../engine/run.ts'
import type { Witness } from '../engine/witness.ts'
import type { Noticed } from '../model/event.ts'
import type { HypervisorName } from '../model/ids.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Suspension } from '../model/suspension.ts'
import type { Tree } from '../model/tree.ts'
import type { WatchSource } from '../model/watched.ts'
import type { CircuitState } from './backoff.ts'
import type { Charge } from './charge.ts'
import type { Notice } from './noticed.ts'
import type { Revision, RevisionRules } from './revision.ts'

/** What the loop needs of a repository; the Git adapter has it. */
export interface GitPort<State> {
  readonly state: State & { readonly commit: string | undefined; readonly trouble: unknown }
  start(onChange: (state: State) => void): Promise<void>
  refresh(): Promise<State>
  readTree(
    commit: string,
    wants: (path: string) => boolean,
    also?: readonly string[],
  ): Promise<{ readonly status: 'read'; readonly tree: Tree } | { readonly status: 'failed'; readonly reason: string }>
  readFile(commit: string, path: string): Promise<Uint8Array | undefined>
  history(path: string, from: string, to: string): Promise<readonly string[]>
  isAncestor(ancestor: string, commit: string): Promise<boolean>
}

/** A connection to one hypervisor that the loop owns. One without streams cannot be watched. */
export interface HostHandle extends Host, Partial<Streams>, AsyncDisposable {}

export interface LoopClock {
  nowSeconds(): number
  wait(ms: number): Promise<void>
  /** Runs once after so many milliseconds; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void
}

/** A cycle that ended, and what belongs to it. */
export interface SeenCycle {
  readonly cycle: Cycle
  readonly revision: Revision
  readonly queuedSeconds: number
  /** Who was logged in since the host was last seen; asked only where something drifted. */
  readonly witnesses: readonly Witness[]
  readonly finding?: Finding
}

/** How a cycle came to know what it found. */
export interface Finding {
  /** What the watch had told when it began. */
  readonly noticed: readonly Notice[]
  /** When it knew what had drifted, and when the host was last looked at before, seconds since the epoch. */
  readonly foundSeconds: number
  readonly lookedSeconds: number | undefined
}

/** How the watch of a hypervisor stands. */
export interface WatchNews {
  /** It sees what it is told to. */
  readonly isOpen: boolean
  /** Why it is not, where it should be; empty before it was tried, and where it was ended in order. */
  readonly because: string
  /** Why one of its readers does not work; empty where it does. */
  readonly sources: ReadonlyMap<WatchSource, string>
  /** When it last said anything, seconds since the epoch. */
  readonly heardSeconds: number
}

/** Told what happens; must not throw, and is not waited for. */
export interface Observer<State> {
  onGit(state: State): void
  /** A commit was read. `problem`: its tree could not be. */
  onRevision(revision: Revision): void
  onUnreadable(commit: string, reason: string): void
  /** In the middle of a cycle: what it is about to do, and what it did. */
  onProgress(hypervisor: HypervisorName, event: Progress, noticed?: readonly Noticed[]): void
  onCycle(seen: SeenCycle): void
  onHostError(hypervisor: HypervisorName, error: unknown, circuit: CircuitState): void
  onHostGone(hypervisor: HypervisorName): void
  /** Another replica is in charge of it from now on. */
  onHostLeft?(hypervisor: HypervisorName): void
  /** How the watch of a hypervisor stands; also each time that it says something. */
  onWatch?(hypervisor: HypervisorName, news: WatchNews): void
}

export interface Timings {
  readonly resyncSeconds: number
  /** Hypervisors worked on at once, as far as they answer: one that keeps us waiting holds none of them for long. */
  readonly workers: number
  readonly observeTimeoutMs: number
  readonly applyTimeoutMs: number
  readonly confirmTimeoutMs: number
}

export interface LoopDeps<State> {
  readonly git: GitPort<State>
  readonly rules: RevisionRules
  readonly clock: LoopClock
  readonly timings: Timings
  readonly observer: Observer<State>
  /** Who this is, for people who find its apply on a host: `reeve run on ops1, process 4711`. */
  readonly name: string
  /** Under which it writes where nobody says otherwise of a hypervisor. Default 1. */
  readonly epoch?: ReconcileDeps['epoch']
  /** Where several controllers share the fleet. Default: all of it is this one's. */
  readonly charge?: Charge
  /** Where it runs. */
  readonly ownMachine?: OwnMachine
  /** 0 ≤ number < 1. */
  random(): number
  /** 32 hex digits, unguessable. */
  randomHex(): string
  /** Opens nothing yet; connects when first used. `all` to find jump hosts in. */
  connect(hypervisor: Manifest, all: readonly Manifest[]): HostHandle
  /** Hashes approved by people outside Git. */
  approvals(): ReadonlySet<string>
  /** What people suspended by command, as far as it is in force. */
  suspensions(): readonly Suspension[]
  /** Which paths of a tree are read. */
  wants(path: string): boolean
}
