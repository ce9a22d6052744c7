import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../lab/process.ts'
import { type Sshd, startSshd } from '../ssh/sshd.ts'

/** A cheap real hypervisor: an sshd in namespaces of its own, where what Reeve writes lies in memory. */
export interface CheapHost {
  readonly name: string
  readonly sshd: Sshd
  /** Runs a command there. */
  run(script: string): Promise<string>
}

// Without apt's lists: to find what waits for an update takes seconds of a core where apt keeps no cache, for each host and whoever looks at it, and leases are lost meanwhile.
const wrap = [
  'unshare',
  ...['-m', '--propagation', 'private', 'sh', '-c'],
  'mkdir -p /var/lib/reeve /run/reeve /etc/reeve && for d in /var/lib/reeve /run/reeve /etc/reeve /mnt /var/lib/apt/lists; do mount -t tmpfs none $d || exit 1; done; exec "$@"',
  'sh',
]

/** It ends with the stack; `folder` is where what ssh(1) needs may lie. */
export async function startCheapHost(name: string, stack: AsyncDisposableStack, folder: string): Promise<CheapHost> {
  const sshd = stack.use(await startSshd({ wrap }))
  // Beside the controllers, as a person with a login.
  const known = join(folder, `${name}.known`)
  await writeFile(known, `[127.0.0.1]:${sshd.port} ${sshd.hostKey()}\n`)
  const options = ['-o', `UserKnownHostsFile=${known}`, '-o', 'BatchMode=yes']
  const words = ['-q', '-i', sshd.keyFile, '-p', String(sshd.port), ...options, `${sshd.user}@127.0.0.1`]
  return { name, sshd, run: async (script) => (await run('ssh', [...words, script])).stdout }
}
