// Random valid specs through the real engine: what was applied is read back as it was wanted. Drift that is not there would be mended for ever.
import { afterEach, beforeEach, describe, it } from 'vitest'
import type { Spec } from '../../controller/model/primitive.ts'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { createMakers } from './makers.ts'
import { diceFrom } from './mutate.ts'
import type { Place } from './sample.ts'
import { expectSettled } from './settled.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** How many of each, and how many in one apply. Interfaces and kernel settings are few and slow. */
const counts: Readonly<Record<string, readonly [all: number, each: number]>> = {
  file: isLong ? [1000, 100] : [60, 30],
  tree: isLong ? [1000, 50] : [40, 20],
  link: isLong ? [1000, 100] : [60, 30],
  block: isLong ? [1000, 50] : [40, 20],
  setting: isLong ? [400, 8] : [16, 8],
  sysctl: isLong ? [1000, 21] : [42, 21],
  account: isLong ? [1000, 50] : [16, 8],
  group: isLong ? [1000, 50] : [16, 8],
  bridge: isLong ? [1000, 20] : [20, 10],
}
const makers = createMakers((number) => diceFrom(seed + number))

let shell: ShellHost
beforeEach(async () => {
  shell = await startShellHost({ ownNetwork: true, overlays: ['/etc', '/home'] })
  await shell.run(`mkdir -p /mnt/random; for n in 0 1 2 3 4 5 6; do printf 'first\\nmiddle $(id)\\nlast' >/mnt/random/blocks-$n; done`)
})
afterEach(() => shell.close())

describe(`random specs, by the seed ${seed}`, () => {
  const timeout = isLong ? 3_600_000 : 120_000
  it.each(Object.entries(counts).map(([type, [all, each]]) => [all, type, each] as const))(
    '%i of %s, %i in one apply: what was applied is not drift',
    { timeout },
    async (all, type, each) => {
      const dice = diceFrom(seed)
      const place = { host: shell } as unknown as Place
      const wanted = new Map<string, Spec>()
      for (let done = 0; done < all; done += each) {
        // Half of what stands already gets other values, and all of it stays: removals in bulk are held back.
        for (let number = Math.max(0, done - each / 2); number < done + each; number++) {
          const spec = makers[type]?.(Math.floor(number), dice)
          if (spec) wanted.set(spec.id, spec)
        }
        await expectSettled([...wanted.values()], place, `REEVE_TEST_SEED=${seed}, ${type} ${done}`)
      }
    },
  )
})
