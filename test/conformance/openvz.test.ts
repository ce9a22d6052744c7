import { afterEach, beforeEach, describe } from 'vitest'
import { type OpenvzHost, startOpenvzHost } from '../openvz/host.ts'
import { openvzSamples } from './openvz.samples.ts'
import type { Place } from './sample.ts'
import { conforms } from './suite.ts'

let host: OpenvzHost
beforeEach(async () => {
  host = await startOpenvzHost()
})
afterEach(() => host.close())

async function place(): Promise<Place> {
  return { host, run: (script) => host.must(script) }
}

describe.each(openvzSamples)('$type: $name', (sample) => conforms(sample, place, 60_000))
