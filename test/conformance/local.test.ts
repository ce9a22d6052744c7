import { afterEach, beforeAll, beforeEach, describe } from 'vitest'
import { type ShellHost, startShellHost } from '../engine/shell-host.ts'
import { ensureInstalled } from '../lab/requirements.ts'
import { localSamples } from './local.samples.ts'
import type { Place } from './sample.ts'
import { conforms } from './suite.ts'

let shell: ShellHost
beforeAll(() => ensureInstalled([{ file: '/usr/bin/qemu-img', debianPackage: 'qemu-utils' }], () => {}), 300_000)
beforeEach(async () => {
  shell = await startShellHost({ ownNetwork: true, overlays: ['/etc', '/home'] })
})
afterEach(() => shell.close())

async function place(): Promise<Place> {
  return {
    host: shell,
    async run(script) {
      const { code, stdout } = await shell.run(script)
      if (code !== 0) throw new Error(`ended with ${code}: ${script}`)
      return stdout
    },
  }
}

describe.each(localSamples)('$type: $name', (sample) => conforms(sample, place, 60_000))
