import type { Log } from '../../controller/model/log.ts'
import { createSshHost, type SshHost, type SshHostDependencies } from '../../controller/ssh/host.ts'
import type { Sshd } from './sshd.ts'

export const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

type Changes = Partial<Omit<SshHostDependencies, 'settings'>> & { readonly settings?: Partial<SshHostDependencies['settings']> }

/** A host for a test's sshd, right in everything but what the test changes. */
export function hostOf(sshd: Sshd, changes: Changes = {}): SshHost {
  return createSshHost({
    identity: () => ({ type: 'key', privateKey: sshd.privateKey }),
    deadlines: { connectMs: 5000, keepaliveMs: 10_000 },
    log: silent,
    ...changes,
    settings: {
      name: 'he1',
      address: '127.0.0.1',
      ports: [sshd.port],
      user: sshd.user,
      become: 'none',
      hostKeys: [sshd.hostKey()],
      ...changes.settings,
    },
  })
}

/** Bounds that a healthy exchange stays far from. */
export const ample = { deadlineMs: 15_000, maxBytes: 10_000_000 }
