import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { nativeSamples } from './native.samples.ts'
import { type SshPlace, sshPlace } from './ssh-place.ts'
import { conforms } from './suite.ts'

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

describe.each(nativeSamples)('$type: $name', (sample) => conforms(sample, clean, 240_000))
