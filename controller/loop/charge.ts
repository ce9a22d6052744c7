import { type Cycle, HostRefusedError } from '../engine/cycle.ts'
import type { ReconcileDeps } from '../engine/run.ts'
import type { Attempt } from '../model/attempt.ts'
import type { HypervisorName } from '../model/ids.ts'
import { neighboursOf } from './beside.ts'
import type { Revision } from './revision.ts'

/** Who is in charge of which hypervisor, where several controllers share a fleet. */
export interface Charge {
  /** Under which this controller writes there; undefined where another one is in charge, or nobody yet. */
  epochOf(name: HypervisorName): number | undefined
  /** Why nothing may be begun now on any of them; undefined where it may. */
  uncertainty(): string | undefined
  /** Hypervisors of the commit in force. */
  follow(names: readonly HypervisorName[]): void
  /** Told how each cycle ended of what it is in charge of, as far as the way there goes. */
  tried?(name: HypervisorName, attempt: Attempt): void
}

/** What this controller has to do with the hypervisors of a fleet. */
export interface Duties {
  /** `own`: it is in charge · `look`: only looked at, for those that it is in charge of · `none`: another one's. */
  dutyOf(name: HypervisorName): 'own' | 'look' | 'none'
  /** Under what it writes there, for the time of one cycle. */
  termsOf(name: HypervisorName): Pick<ReconcileDeps, 'epoch' | 'mayNotWrite'> | undefined
  /** Its last cycle was told that it may not write. */
  wasHeldBack(name: HypervisorName): boolean
  /** Whether it is known who is in charge. */
  isCertain(): boolean
  /** A host refuses us because another replica took over, and that is as it should be: we stand back, or learn of it in a moment. */
  isOvertaken(error: unknown): boolean
  /** A commit came into force, or who is in charge has moved: answers those that are its own, or looked at, only since now. */
  follow(revision: Revision): readonly HypervisorName[]
  /** All that was known of it is dropped: should it be its own still, or again, it begins anew. */
  left(name: HypervisorName): void
}

/** Of a controller that shares nothing all are its own. */
export function createDuties(charge: Charge | undefined): Duties {
  /** By the epoch under which. */
  let own = new Map<HypervisorName, number>()
  let looked: ReadonlySet<HypervisorName> = new Set()
  const heldBack = new Set<HypervisorName>()

  function dutyOf(name: HypervisorName): 'own' | 'look' | 'none' {
    if (charge === undefined || charge.epochOf(name) !== undefined) return 'own'
    return looked.has(name) ? 'look' : 'none'
  }

  function termsOf(name: HypervisorName): Pick<ReconcileDeps, 'epoch' | 'mayNotWrite'> | undefined {
    heldBack.delete(name)
    const epoch = charge?.epochOf(name)
    if (charge === undefined || epoch === undefined) return undefined
    const isStill = (): boolean => charge.epochOf(name) === epoch
    return {
      epoch,
      mayNotWrite() {
        const because = charge.uncertainty() ?? (isStill() ? undefined : 'another replica is to be in charge of it')
        if (because !== undefined) heldBack.add(name)
        return because
      },
    }
  }

  return {
    dutyOf,
    termsOf,
    wasHeldBack: (name) => heldBack.has(name),
    isCertain: () => charge?.uncertainty() === undefined,
    isOvertaken: (error) => isNewerOwner(error) && charge !== undefined && charge.uncertainty() !== undefined,
    follow(revision) {
      if (charge === undefined) return []
      const [wasOwn, wasLooked] = [own, looked]
      own = new Map([...revision.compiled.states.keys()].flatMap((name) => epochEntry(name, charge.epochOf(name))))
      looked = neighboursOf([...own.keys()], revision)
      // Under another epoch it was not ours in between, and the look that it waited for was dropped.
      const taken = [...own].filter(([name, epoch]) => wasOwn.get(name) !== epoch).map(([name]) => name)
      return [...taken, ...[...looked].filter((name) => !wasLooked.has(name))]
    },
    left: (name) => void own.delete(name),
  }
}

function epochEntry(name: HypervisorName, epoch: number | undefined): readonly (readonly [HypervisorName, number])[] {
  return epoch === undefined ? [] : [[name, epoch]]
}

function isNewerOwner(error: unknown): boolean {
  return error instanceof HostRefusedError && error.refusal.reason === 'NewerOwner'
}

/** Until another one's hypervisor is looked at again that its owner is about to change: what ours look at there is not what it will be. */
export function behindSeconds(host: { waits: number }, { busy, plan }: Cycle): number {
  host.waits = busy !== undefined || plan.transactions.length > 0 ? host.waits + 1 : 0
  return host.waits === 0 ? Number.POSITIVE_INFINITY : 1 + host.waits / 4
}
