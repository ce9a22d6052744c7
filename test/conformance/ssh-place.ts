import { readFileSync } from 'node:fs'
import { createSshHost, type SshHost } from '../../controller/ssh/host.ts'
import type { LabHost } from '../lab/machine.ts'
import type { Place } from './sample.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** A real host over the controller's own SSH. */
export interface SshPlace extends Place {
  readonly host: SshHost
}

export function sshPlace(target: LabHost): SshPlace {
  const host = createSshHost({
    settings: {
      name: target.name,
      address: target.address,
      ports: [target.port],
      user: 'root',
      become: 'none',
      hostKeys: [target.hostKey],
    },
    identity: () => ({ type: 'key', privateKey: readFileSync(target.identityFile) }),
    deadlines: { connectMs: 60_000, keepaliveMs: 30_000 },
    log: silent,
  })
  return { host, run: (script) => target.must('sh -s', { stdin: script, timeoutMs: 400_000 }) }
}
