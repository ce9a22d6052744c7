import type { Log } from '../model/log.ts'
import type { Change, Etcd, Put } from './etcd.ts'
import type { Picture } from './picture.ts'

export interface ReplicaDeps {
  readonly etcd: Etcd
  readonly fleet: string
  /** Of this replica; no other one may have it. */
  readonly name: string
  /** Where people reach it. */
  readonly url: string
  readonly leaseSeconds: number
  /** How long whoever joins is given nothing; default: three leases, 15 s at most. */
  readonly settleSeconds?: number
  readonly log: Log
  nowSeconds(): number
  /** A clock that nobody sets, and that goes on while the process stands still. */
  monotonicMs(): number
  after(delayMs: number, run: () => void): () => void
  /** Ends what is in hand on a hypervisor that is given away; resolves when nothing of ours is begun there any more. */
  leave(hypervisor: string): Promise<void>
  /** What it says of its ways, to be said again by a new life of it. Few enough for one transaction. */
  ways?(): readonly Put[]
  /** These keys are not as before; or who is in charge has become certain or uncertain. */
  onChange(keys: readonly string[]): void
}

/** One of several controllers that share a fleet. */
export interface Replica extends AsyncDisposable {
  /** Joins the others, and goes on trying where etcd cannot be reached. */
  start(): void
  /** Hypervisors of the commit in force. */
  follow(hypervisors: readonly string[]): void
  /** Leaves the others for good: takes nothing more, and gives each of what it has once nothing is in hand there. */
  retire(): void
  /** Revision at which this replica took charge; undefined where it has not, or gives it away. */
  ownedSince(hypervisor: string): number | undefined
  /** All that this replica has, also what it is giving away, by the revision since which; the same map as long as no owner moves. */
  readonly held: ReadonlyMap<string, number>
  /** Whether it has this, be it only to give it away. */
  isHolder(hypervisor: string): boolean
  /** The lease that it lives by now. */
  readonly lease: string | undefined
  /** Why nothing may be begun now on what this replica is in charge of; undefined where it may. */
  uncertainty(): string | undefined
  readonly picture: Picture
  /** Carries out changes, below the fleet's prefix, where this replica is (still) in charge of all of these. False: it is not. */
  change(changes: readonly Change[], ofHypervisors?: readonly string[]): Promise<boolean>
  /** Puts a key of this replica's own life where there is none, as long as another key is what it was. False where another one has it, or that is gone. */
  claim(key: string, whileKey?: string): Promise<boolean>
  /** Why etcd did not answer last, since when; undefined where it does. */
  readonly trouble: { readonly because: string; readonly sinceSeconds: number } | undefined
}
