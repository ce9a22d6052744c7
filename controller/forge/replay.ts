import { createHash } from 'node:crypto'

/** Remembers the last deliveries that were taken: a bounded number of them, the oldest forgotten first. */
export interface Replays {
  /** Whether this one was taken before, by its id or by its very bytes: most forges do not sign the id. */
  isKnown(id: string | undefined, body: Uint8Array): boolean
  take(id: string | undefined, body: Uint8Array): void
}

export function createReplays(limit: number): Replays {
  const seen = new Set<string>()
  const keysOf = (id: string | undefined, body: Uint8Array): readonly string[] => [
    ...(id === undefined ? [] : [`id ${id}`]),
    `body ${createHash('sha256').update(body).digest('base64')}`,
  ]
  return {
    isKnown: (id, body) => keysOf(id, body).some((key) => seen.has(key)),
    take(id, body) {
      for (const key of keysOf(id, body)) seen.add(key)
      for (const key of seen) if (seen.size > limit) seen.delete(key)
    },
  }
}
