import type { Member } from './picture.ts'

export interface NewcomersDeps {
  /** How long a member is a newcomer, by a clock of ours. */
  readonly forMs: number
  monotonicMs(): number
  after(delayMs: number, run: () => void): () => void
  /** One of them is a newcomer no more. */
  onSettled(): void
}

/** Who has come only just. */
export interface Newcomers extends Disposable {
  /** Names of members, as they are now; each life of one is a newcomer again. Who is there when this is asked first has been there. */
  among(members: ReadonlyMap<string, Pick<Member, 'name' | 'lease'>>): ReadonlySet<string>
}

export function createNewcomers({ forMs, monotonicMs, after, onSettled }: NewcomersDeps): Newcomers {
  /** When a life was first seen, by its lease. */
  let metMs: ReadonlyMap<string, number> | undefined
  let cancel = (): void => {}
  return {
    among(members) {
      const now = monotonicMs()
      const [before, unseenMs] = [metMs, metMs === undefined ? Number.NEGATIVE_INFINITY : now]
      metMs = new Map([...members.values()].map(({ lease }) => [lease, before?.get(lease) ?? unseenMs]))
      const leftMs = (lease: string): number => forMs - (now - (metMs?.get(lease) ?? now))
      const fresh = [...members.values()].filter(({ lease }) => leftMs(lease) > 0)
      cancel()
      if (fresh.length > 0) cancel = after(Math.min(...fresh.map(({ lease }) => leftMs(lease))), onSettled)
      return new Set(fresh.map(({ name }) => name))
    },
    [Symbol.dispose]: () => cancel(),
  }
}
