import { setFlagsFromString } from 'node:v8'

let inHand = 0

const small = ['--optimize-for-size', '--semi-space-growth-factor=1']
const fast = ['--no-optimize-for-size', '--semi-space-growth-factor=2']

/**
 * Work for which memory may be taken: V8 lets its heap grow at full speed meanwhile, its nursery too. At all other times, most of which is waiting, it keeps both small:
 * flags that V8 asks anew each time it collects. Reading 10,000 manifests takes twice as long without (docs/adr/heap.md).
 */
export async function hurry<T>(work: () => Promise<T>): Promise<T> {
  inHand++
  for (const flag of fast) setFlagsFromString(flag)
  try {
    return await work()
  } finally {
    inHand--
    if (inHand === 0) for (const flag of small) setFlagsFromString(flag)
  }
}

/** Small buffers are cut from pools, and one that lives long (a key, a greeting of a host) keeps the whole pool: Node's are of 64 KiB each. To be called early: pools that are there already stay as they are. */
export function useSmallPools(): void {
  Buffer.poolSize = 4096
}
