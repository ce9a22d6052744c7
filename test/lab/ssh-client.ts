import { rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Outcome, run } from './process.ts'

/** Where a lab host's sshd answers and how to prove both sides. */
export interface SshTarget {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly identityFile: string
  /** `ssh-ed25519 AAAA…` */
  readonly hostKey: string
  readonly knownHostsFile: string
  /** Short folder for the socket of the shared connection. */
  readonly folder: string
}

export interface ExecOptions {
  readonly stdin?: string
  readonly timeoutMs?: number
}

/** Arguments of ssh(1) up to and without the command. The connection is shared by all calls and stays open for a minute. */
export function sshArgs(target: SshTarget): string[] {
  const options = {
    BatchMode: 'yes',
    ConnectTimeout: '20',
    ControlMaster: 'auto',
    ControlPath: join(target.folder, 'ssh'),
    ControlPersist: '60',
    GlobalKnownHostsFile: '/dev/null',
    HostKeyAlias: target.name,
    IdentitiesOnly: 'yes',
    LogLevel: 'ERROR',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: target.knownHostsFile,
  }
  const pairs = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  return ['-F', 'none', ...pairs, '-i', target.identityFile, '-p', String(target.port), `root@${target.address}`]
}

/** Runs a command as root there. Code 255 is ssh's own: no connection. Null: the time limit ended it. */
export function execOverSsh(target: SshTarget, command: string, options: ExecOptions = {}): Promise<Outcome> {
  return run('ssh', [...sshArgs(target), '--', command], { timeoutMs: 120_000, ...options })
}

/** Ends the shared connection: after a reset or a power cut the other side does not know it any more. */
export async function closeSharedConnection(target: SshTarget): Promise<void> {
  await run('ssh', ['-O', 'exit', ...sshArgs(target)], { timeoutMs: 5_000 })
  await rm(join(target.folder, 'ssh'), { force: true })
}

/** Waits until an sshd says its banner on this port. `check` may throw to end the wait early. */
export async function waitForBanner(target: SshTarget, limitMs: number, check: () => void): Promise<void> {
  const endMs = performance.now() + limitMs
  while (performance.now() < endMs) {
    if (await saysBanner(target)) return
    check()
    await sleep(200)
  }
  throw new Error(`${target.name}: no sshd on ${target.address}:${target.port} within ${Math.round(limitMs / 1000)} s`)
}

// The emulator accepts the connection before the guest can: only the guest's own words prove it is up.
function saysBanner({ address, port }: SshTarget): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, address)
    const end = (isUp: boolean) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.setTimeout(5_000, () => end(false))
    socket.once('data', (bytes) => end(bytes.toString().startsWith('SSH-')))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
  })
}
