import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SshTarget } from '../../lab/ssh-client.ts'
import { openBenchHost } from '../host.ts'
import { plainSsh } from '../measure.ts'
import { dayManifests, vhostName } from './day.ts'
import type { Peer } from './peer.ts'

/** Reeve's engine over one open connection, as the controller holds it. */
export interface ReevePeer extends Peer, AsyncDisposable {
  converge(): Promise<void>
  /** Bytes of the longest answer of the host in the last run. */
  replyBytes(): number
  /** One look by hand at the same things, over the warm connection of plain ssh(1). */
  floor(host: SshTarget): Promise<void>
}

const floorScript = readFileSync(join(import.meta.dirname, 'floor.sh'), 'utf8')

/** `reachedAt`: where the connection goes, if elsewhere than the manifest of the host says. */
export function openReeve(host: SshTarget, reachedAt = host): ReevePeer {
  const reeve = openBenchHost(reachedAt)
  let replyBytes = 0
  return {
    name: 'Reeve',
    want: (answer) => reeve.want(dayManifests(host, { answer })),
    converge: () => reeve.converge(),
    // One cycle: it applies what differs, and proves it.
    async run() {
      const { status, message } = await reeve.cycle()
      replyBytes = reeve.longestReply()
      if (status !== 'noop' && status !== 'converged') throw new Error(`a cycle ended as ${status}: ${message}`)
    },
    replyBytes: () => replyBytes,
    floor: (target) => plainSsh(target, floorScript),
    [Symbol.asyncDispose]: () => reeve[Symbol.asyncDispose](),
  }
}

/** A reload of nginx is over a moment after its command. */
export async function answers(host: SshTarget, wanted: string): Promise<void> {
  const asked = `curl -s -m 2 -H 'Host: ${vhostName(0)}' http://127.0.0.1/`
  await plainSsh(
    host,
    `set -e; tries=0; until [ "$(${asked})" = '${wanted}' ]; do tries=$((tries + 1)); [ $tries -lt 500 ]; sleep 0.02; done`,
  )
}
