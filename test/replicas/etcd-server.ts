import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../ssh/free-port.ts'

/** A real etcd on loopback, with a folder of its own. Disposing ends it and removes the folder. */
export interface EtcdServer extends AsyncDisposable {
  readonly pid: number
  readonly port: number
  readonly url: string
  /** Ends it at once, and starts it again with what it had. */
  restart(): Promise<void>
  kill(): Promise<void>
}

export interface EtcdOptions {
  /** Files for TLS with client certificates. */
  readonly tls?: { readonly authority: string; readonly certificate: string; readonly key: string }
  readonly more?: readonly string[]
}

export async function startEtcd({ tls, more = [] }: EtcdOptions = {}): Promise<EtcdServer> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-etcd-'))
  const [port, peerPort] = [await freePort(), await freePort()]
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`
  const peer = `http://127.0.0.1:${peerPort}`
  const words = [
    ...['--name', 'one', '--data-dir', join(folder, 'data'), '--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `one=${peer}`],
    // Elections of a single server: the shortest lease is 1.5 of this.
    ...['--heartbeat-interval', '100', '--election-timeout', '1000', '--log-level', 'error'],
    ...(tls ? ['--client-cert-auth', '--trusted-ca-file', tls.authority, '--cert-file', tls.certificate, '--key-file', tls.key] : []),
    ...more,
  ]
  const start = () => spawn('setpriv', ['--pdeathsig', 'KILL', 'etcd', ...words], { stdio: 'ignore' })
  let child = start()
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const closed = once(child, 'exit')
    child.kill('SIGKILL')
    await closed
  }
  await untilListening(port)
  return {
    get pid() {
      return child.pid ?? 0
    },
    port,
    url,
    kill,
    async restart() {
      await kill()
      child = start()
      await untilListening(port)
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function untilListening(port: number): Promise<void> {
  const { createConnection } = await import('node:net')
  for (let tries = 0; tries < 400; tries++) {
    const socket = createConnection({ host: '127.0.0.1', port })
    const isUp = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('etcd does not listen: is etcd-server installed?')
}
