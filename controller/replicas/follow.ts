import { WatchLostError } from './answers.ts'
import type { Etcd } from './etcd.ts'
import type { Picture } from './picture.ts'

export interface FollowDeps {
  readonly etcd: Pick<Etcd, 'read' | 'watch'>
  readonly prefix: string
  readonly picture: Picture
  /** A watch that says nothing for so long is opened anew: there may be nobody at its other end. */
  readonly quietMs: number
  readonly signal: AbortSignal
  after(delayMs: number, run: () => void): () => void
  onChange(keys: readonly string[]): void
  /** Resolves when it is tried again. */
  onTrouble(error: unknown): Promise<void>
}

/** Keeps a picture as etcd has it: reads all once, then watches from there on, and reads all again where etcd has forgotten what came between. Ends with the signal. */
export async function followKeys(deps: FollowDeps): Promise<void> {
  const { etcd, prefix, picture, signal } = deps
  let mustRead = true
  while (!signal.aborted) {
    try {
      if (mustRead) deps.onChange(picture.replace(await etcd.read(prefix)))
      mustRead = false
      await watchOnce(deps)
    } catch (error) {
      mustRead ||= error instanceof WatchLostError
      if (!signal.aborted) await deps.onTrouble(error)
    }
  }
}

async function watchOnce({ etcd, prefix, picture, quietMs, after, onChange, ...deps }: FollowDeps): Promise<void> {
  const silent = new AbortController()
  const listen = (): (() => void) => after(quietMs, () => silent.abort())
  let cancel = listen()
  const signal = AbortSignal.any([deps.signal, silent.signal])
  try {
    await etcd.watch(
      prefix,
      picture.revision + 1,
      (news) => {
        cancel()
        cancel = listen()
        onChange(picture.learn(news))
      },
      signal,
    )
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    cancel()
  }
}
