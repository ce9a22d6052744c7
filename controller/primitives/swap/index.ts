import { definePrimitive } from '../../model/primitive.ts'
import { fstabWatched } from '../../model/watched.ts'
import { diff, wantedLine } from './diff.ts'
import { parse, probe, type SwapState } from './probe.ts'
import type { SwapSpec } from './spec.ts'
import { previous, retire, steps } from './steps.ts'

/** Swap areas in use, now by swapon(8) and at boot by one line of fstab(5). What makes the area is the filesystem primitive. */
export const swapPrimitive = definePrimitive<SwapSpec, SwapState>({
  type: 'swap',
  retiresRetained: true,
  ownership: 'exclusive',
  // By the names that `diff` uses.
  fields: (spec) => ({ on: 'yes', fstab: wantedLine(spec), mark: 'ours' }),
  watched: () => [{ on: 'swap' }, { on: 'block' }, ...fstabWatched],
  probe,
  parse,
  diff,
  steps,
  retire,
  release: 'retained',
  previous,
})
