import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa'

export interface SshdOptions {
  /** Host keys that it offers; default ed25519 only. */
  readonly hostKeys?: readonly KeyType[]
  /** More lines of sshd_config. */
  readonly config?: string
  /** Command and arguments that sshd is run by, such as `unshare -m …`; `"$@"`-style: sshd and its arguments follow. */
  readonly wrap?: readonly string[]
  /** Listens here again, for a machine that comes back. */
  readonly port?: number
}

/** A real sshd on the loopback, with keys of its own. */
export interface Sshd extends AsyncDisposable {
  readonly port: number
  readonly user: string
  /** Temporary directory with its configuration and keys. */
  readonly dir: string
  /** Path and bytes of a private key that is let in. */
  readonly keyFile: string
  readonly privateKey: Uint8Array
  /** `ssh-ed25519 AAAA…` of its host key. */
  hostKey(type?: KeyType): string
  log(): string
  stop(): Promise<void>
}

const sshdPath = '/usr/sbin/sshd'

/** Starts an sshd that lets this process' user in with a fresh key. Dispose it, or it lives on. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  if (!existsSync(sshdPath)) throw new Error('this test needs a real sshd: apt-get install openssh-server')
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const dir = mkdtempSync(join(tmpdir(), 'reeve-sshd-'))
  const port = options.port ?? (await freePort())
  const types = options.hostKeys ?? ['ed25519']
  for (const type of types) makeKey(join(dir, `host_${type}`), type)
  const keyFile = join(dir, 'user')
  makeKey(keyFile, 'ed25519')
  writeFileSync(join(dir, 'authorized_keys'), readFileSync(`${keyFile}.pub`), { mode: 0o644 })
  writeFileSync(join(dir, 'sshd_config'), configure(dir, port, types, options.config ?? ''))
  execFileSync('chmod', ['0755', dir])
  const [command = sshdPath, ...args] = [...(options.wrap ?? []), sshdPath, '-D', '-e', '-f', join(dir, 'sshd_config')]
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const stop = async () => {
    await endProcess(child)
    rmSync(dir, { recursive: true, force: true })
  }
  await answers(port, child, () => log)
  return {
    port,
    user: userInfo().username,
    dir,
    keyFile,
    privateKey: readFileSync(keyFile),
    hostKey: (type = 'ed25519') => readFileSync(join(dir, `host_${type}.pub`), 'utf8').trim(),
    log: () => log,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** A fresh key pair at `path` and `path`.pub, without passphrase. */
export function makeKey(path: string, type: KeyType): void {
  const size = type === 'rsa' ? ['-b', '2048'] : []
  execFileSync('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-C', 'test', '-f', path])
}

/** Ends a child process of this test and waits for it. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

function configure(dir: string, port: number, types: readonly KeyType[], more: string): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...types.map((type) => `HostKey ${dir}/host_${type}`),
    `PidFile ${dir}/pid`,
    `AuthorizedKeysFile ${dir}/authorized_keys`,
    more,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n')
}

async function answers(port: number, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (child.exitCode !== null) throw new Error(`sshd did not start: ${log()}`)
    if (await accepts(port)) return
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`sshd does not listen on port ${port}: ${log()}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
