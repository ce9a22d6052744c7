import { WatchLostError } from './answers.ts'
import type { Etcd } from './etcd.ts'
import { TooLongError } from './gateway.ts'
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

export interface Following {
  /** Resolves after the signal. */
  readonly ended: Promise<void>
  /** At once: what was read may be of an etcd that is no more. */
  readAnew(): void
}

/** Keeps a picture as etcd has it: reads all once, then watches from there on, and reads all again where etcd has forgotten, or cannot tell, what came between. Ends with the signal. */
export function followKeys(deps: FollowDeps): Following {
  const { etcd, prefix, picture, signal } = deps
  let mustRead = true
  let anew = new AbortController()

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (mustRead) await read()
        await watchOnce(deps, anew.signal)
      } catch (error) {
        mustRead ||= error instanceof WatchLostError || error instanceof TooLongError
        if (!signal.aborted) await deps.onTrouble(error)
      }
    }
  }

  async function read(): Promise<void> {
    anew = new AbortController()
    mustRead = false
    try {
      deps.onChange(picture.replace(await etcd.read(prefix)))
    } catch (error) {
      mustRead = true
      throw error
    }
  }

  return {
    ended: follow(),
    readAnew() {
      mustRead = true
      anew.abort()
    },
  }
}

async function watchOnce(deps: FollowDeps, anew: AbortSignal): Promise<void> {
  const { etcd, prefix, picture, quietMs, after, onChange } = deps
  const silent = new AbortController()
  const listen = (): (() => void) => after(quietMs, () => silent.abort())
  let cancel = listen()
  const signal = AbortSignal.any([deps.signal, silent.signal, anew])
  try {
    await etcd.watch(
      prefix,
      picture.revision + 1,
      (news) => {
        cancel()
        cancel = listen()
        // It would wait for a revision that this etcd, made anew or from an old copy, may never have.
        if (news.revision < picture.revision) throw new WatchLostError('its revision went backwards')
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
