import type { Etcd, Part } from './etcd.ts'
import { ownerKey, type Picture } from './picture.ts'
import { together } from './together.ts'

export interface GivingDeps {
  readonly etcd: Pick<Etcd, 'transact'>
  readonly prefix: string
  readonly picture: Picture
  /** Resolves when nothing is in hand there any more. */
  leave(hypervisor: string): Promise<void>
  /** Resolves after this time, or when the replica ends. */
  pause(ms: number): Promise<void>
  isStopped(): boolean
  onTrouble(error: unknown): void
  /** It is given away; or it was not left, and is ours as before, until that is tried again. */
  onGiven(hypervisor: string): void
}

/** What this replica gives to others. */
export interface Giving {
  /** They are not ours any more, though etcd says so still. */
  readonly leaving: ReadonlySet<string>
  give(hypervisors: readonly string[]): void
  /** The picture has moved at these keys. */
  learned(keys: readonly string[]): void
}

/** What etcd did not answer is asked again then. */
const untilSeenMs = 500

/** Each leaves by itself: one whose cycle takes long holds nobody else up. Those that have left are given in one request. */
export function createGiving(deps: GivingDeps): Giving {
  const leaving = new Set<string>()
  const seen = new Map<string, () => void>()
  const release = together((parts: readonly Part[]) => deps.etcd.transact(parts))

  async function giveOne(hypervisor: string): Promise<void> {
    const key = ownerKey(hypervisor)
    const createRevision = deps.picture.owners.get(hypervisor)?.createRevision ?? -1
    const isShown = (): boolean => deps.picture.owners.get(hypervisor)?.createRevision === createRevision
    try {
      await deps.leave(hypervisor)
      // Without an answer etcd may have done it all the same: it is ours no more until the picture says what is.
      for (let isAnswered = false; isShown() && !deps.isStopped(); ) {
        if (!isAnswered) isAnswered = await isReleased(deps.prefix + key, createRevision)
        if (isShown()) await untilSeen(key)
      }
    } catch (error) {
      deps.onTrouble(error)
      await untilSeen(key)
    } finally {
      leaving.delete(hypervisor)
      deps.onGiven(hypervisor)
    }
  }

  async function isReleased(stored: string, createRevision: number): Promise<boolean> {
    try {
      await release({ when: [{ key: stored, createRevision }], changes: [{ delete: stored }] })
      return true
    } catch (error) {
      deps.onTrouble(error)
      return false
    }
  }

  async function untilSeen(key: string): Promise<void> {
    const moved = new Promise<void>((resolve) => seen.set(key, resolve))
    await Promise.race([moved, deps.pause(untilSeenMs)])
    seen.delete(key)
  }

  return {
    leaving,
    give(hypervisors) {
      for (const hypervisor of hypervisors) leaving.add(hypervisor)
      for (const hypervisor of hypervisors) void giveOne(hypervisor)
    },
    learned(keys) {
      for (const key of keys) seen.get(key)?.()
    },
  }
}
