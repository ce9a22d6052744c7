import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { type Lab, startLab } from '../lab/lab.ts'
import { labSamples } from './lab.samples.ts'
import { type SshPlace, sshPlace } from './ssh-place.ts'
import { conforms } from './suite.ts'

// Known only once the lab runs; the samples are made before, and read it then.
const archive = { path: '', sha256: '' }
let lab: Lab
let place: SshPlace | undefined
beforeAll(async () => {
  lab = await startLab()
  Object.assign(archive, { path: lab.containerArchive.pathOnHypervisor, sha256: lab.containerArchive.sha256 })
})
afterEach(() => place?.host[Symbol.asyncDispose]())
afterAll(() => lab?.[Symbol.asyncDispose]())

async function clean(): Promise<SshPlace> {
  await lab.machine('he1').reset()
  place = sshPlace(lab.machine('he1'))
  return place
}

describe.each(labSamples(archive))('$type: $name', (sample) => conforms(sample, clean, 600_000))
