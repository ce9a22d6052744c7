/** Who wants to hear that something changed. */
export interface News {
  tell(): void
  /** The answer ends it. */
  subscribe(listener: () => void): () => void
}

export function createNews(): News {
  const listeners = new Set<() => void>()
  return {
    tell() {
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
