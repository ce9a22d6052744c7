import { setFlagsFromString } from 'node:v8'

let inHand = 0

/**
 * Work for which memory may be taken: V8 lets its heap grow at full speed meanwhile. At all other times, most of which is waiting, it keeps the heap small
 * (`--optimize-for-size`, which V8 asks anew each time it collects). Reading 10,000 manifests under that flag takes twice as long.
 */
export async function hurry<T>(work: () => Promise<T>): Promise<T> {
  inHand++
  setFlagsFromString('--no-optimize-for-size')
  try {
    return await work()
  } finally {
    inHand--
    if (inHand === 0) setFlagsFromString('--optimize-for-size')
  }
}

/** Small buffers are cut from pools, and one that lives long (a key, a greeting of a host) keeps the whole pool: Node's are of 64 KiB each. To be called early: pools that are there already stay as they are. */
export function useSmallPools(): void {
  Buffer.poolSize = 4096
}
