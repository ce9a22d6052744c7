// Random valid specs through the real engine: what was applied is read back as it was wanted. Drift that is not there would be mended for ever.
import { afterEach, describe, it } from 'vitest'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { startOpenvzHost } from '../openvz/host.ts'
import { diceFrom } from '../random.ts'
import { createMakers } from './makers.ts'
import { countsOn, isLong, seed } from './phantoms.ts'
import type { Place } from './sample.ts'
import { allSettle } from './settled.ts'

const makers = createMakers((number) => diceFrom(seed + number))

let shell: ShellHost
afterEach(() => shell.close())

const prepare = `mkdir -p /mnt/random /mnt/tree/etc; for n in 0 1 2 3 4 5 6; do printf 'first\\nmiddle $(id)\\nlast' >/mnt/random/blocks-$n; done
mkfs.ext4 -q -d /mnt/tree /mnt/raw 4M && qemu-img convert -f raw -O qcow2 /mnt/raw /mnt/base.qcow2 && rm -r /mnt/raw /mnt/tree`

async function startHost(type: string): Promise<ShellHost> {
  return type === 'openvzSample' ? startOpenvzHost() : startShellHost({ ownNetwork: true, overlays: ['/etc', '/home'] })
}

describe(`random specs, by the seed ${seed}`, () => {
  it.each(countsOn('shell'))(
    '%i of %s, %i in one apply: what was applied is not drift',
    { timeout: isLong ? 3_600_000 : 120_000 },
    async (all, type, each) => {
      shell = await startHost(type)
      await shell.run(prepare)
      const maker = makers[type]
      if (maker === undefined) throw new Error(`nobody makes a random ${type}`)
      await allSettle((number, dice) => [maker(number, dice)], [all, each], { host: shell } as unknown as Place, seed)
    },
  )
})
