import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'

/** A real OpenSSH server on loopback, with keys of its own. */
export interface TestSshd extends AsyncDisposable {
  readonly port: number
  readonly user: string
  readonly identityFile: string
  /** known_hosts with the server's true key. */
  readonly knownHosts: string
}

export async function startSshd(folder: string): Promise<TestSshd> {
  const port = await freePort()
  const hostKey = createKey(folder, 'host')
  const identityFile = createKey(folder, 'user')
  const knownHosts = join(folder, 'known_hosts')
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${readFileSync(`${hostKey}.pub`, 'utf8')}`)
  const config = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${identityFile}.pub`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
  ]
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`)
  const daemon = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' })
  await answers(port)
  return {
    port,
    user: userInfo().username,
    identityFile,
    knownHosts,
    async [Symbol.asyncDispose]() {
      daemon.kill()
      await once(daemon, 'exit')
    },
  }
}

/** Makes a key pair; answers the private key's path. */
export function createKey(folder: string, name: string): string {
  const path = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path])
  return path
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no free port on loopback')
  return address.port
}

async function answers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false))
    })
    socket.destroy()
    if (isOpen) return
    await new Promise((done) => setTimeout(done, 25))
  }
  throw new Error(`sshd does not answer on port ${port}`)
}
