// Conformance and random specs on a whole Debian: systemd, dpkg, BIND.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { diceFrom } from '../random.ts'
import { nativeSamples } from './native.samples.ts'
import { countsOn, isLong, seed } from './phantoms.ts'
import { allSettle } from './settled.ts'
import { type SshPlace, sshPlace } from './ssh-place.ts'
import { conforms } from './suite.ts'
import { createPhantoms } from './systemd-makers.ts'

let host: NativeHost
let place: SshPlace | undefined
beforeAll(async () => {
  host = await startNativeHost()
})
afterEach(() => place?.host[Symbol.asyncDispose]())
afterAll(() => host?.[Symbol.asyncDispose]())

async function clean(): Promise<SshPlace> {
  await host.reset()
  place = sshPlace(host)
  return place
}

describe.each(nativeSamples.filter(({ isSlow }) => isLong || !isSlow))('$type: $name', (sample) => conforms(sample, clean, 240_000))

describe(`random specs, by the seed ${seed}`, () => {
  const phantoms = createPhantoms((number) => diceFrom(seed + number))
  it.each(countsOn('systemd'))(
    '%i of %s, %i in one apply: what was applied is not drift',
    { timeout: isLong ? 3_600_000 : 240_000 },
    async (all, type, each) => {
      const phantom = phantoms[type]
      if (phantom === undefined) throw new Error(`nobody makes a random ${type}`)
      const here = await clean()
      await here.run(phantom.before(all))
      await allSettle(phantom.maker, [all, each], here, seed)
      expect(await here.run(phantom.harm ?? ':')).toBe('')
    },
  )
})
