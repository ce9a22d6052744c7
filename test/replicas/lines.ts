import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheapHost } from '../faults/cheapHost.ts'
import { startTcpProxy, type TcpProxy } from '../lab/tcp-proxy.ts'

/** Between each replica and each host a TCP line of its own, which a test may cut. */
export interface Lines {
  /** Name under which every replica finds the host at the end of its own line. */
  addressOf(host: CheapHost): string
  between(replica: string, host: CheapHost): TcpProxy
  /** Command that a replica is run by, so that it sees its own lines. */
  wrapOf(replica: string): Promise<readonly string[]>
}

/** They end with the stack; `folder` is where each replica's /etc/hosts may lie. */
export function createLines(hosts: readonly CheapHost[], stack: AsyncDisposableStack, folder: string): Lines {
  const lines = new Map<string, readonly TcpProxy[]>()
  const addressOf = ({ name }: CheapHost): string => `${name}.line`

  async function wrapOf(replica: string): Promise<readonly string[]> {
    const file = join(folder, `${replica}.hosts`)
    if (!lines.has(replica)) {
      const network = `127.1.${lines.size + 1}`
      lines.set(replica, [])
      const started = hosts.map(({ sshd }, index) =>
        startTcpProxy({ address: '127.0.0.1', port: sshd.port }, { address: `${network}.${index + 1}`, port: sshd.port }),
      )
      lines.set(
        replica,
        (await Promise.all(started)).map((line) => stack.use(line)),
      )
      const names = hosts.map((host, index) => `${network}.${index + 1} ${addressOf(host)}\n`)
      await writeFile(file, `127.0.0.1 localhost\n${names.join('')}`)
    }
    return ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', file]
  }

  return {
    addressOf,
    wrapOf,
    between(replica, host) {
      const line = lines.get(replica)?.[hosts.indexOf(host)]
      if (line === undefined) throw new Error(`there is no line between ${replica} and ${host.name}`)
      return line
    },
  }
}
