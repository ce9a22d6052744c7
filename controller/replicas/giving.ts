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
  /** It is given away; or that did not come through, and it is ours as before, until that is tried again. */
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

/** Where the deletion did not come through, as far as is known, it is tried again then. */
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
    let isDone = false
    try {
      await deps.leave(hypervisor)
      const stored = deps.prefix + key
      await release({ when: [{ key: stored, createRevision }], changes: [{ delete: stored }] })
      isDone = true
    } catch (error) {
      deps.onTrouble(error)
    } finally {
      if (isShown()) await untilSeen(key)
      // What etcd has taken is ours no more, however late the watch says so.
      while (isDone && isShown() && !deps.isStopped()) await untilSeen(key)
      leaving.delete(hypervisor)
      deps.onGiven(hypervisor)
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
