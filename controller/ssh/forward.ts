import type { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import type { HostError } from '../engine/host.ts'
import { hostError, messageOf } from './failure.ts'

/** RFC 4254 §5.1. */
const administrativelyProhibited = 1

/** A direct-tcpip channel to host:port as seen from the machine. Rejects with a HostError when refused or when the deadline passes. */
export function forwardOut(client: Client, name: string, host: string, port: number, deadlineMs: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    let isLate = false
    const give = (error: HostError) => {
      clearTimeout(timer)
      client.off('close', ended)
      reject(error)
    }
    const ended = () => give(hostError('closed', `${name}: the connection ended while opening ${host}:${port}`))
    const timer = setTimeout(() => {
      isLate = true
      give(hostError('unreachable', `${host}:${port} does not answer from ${name} within ${deadlineMs} ms (filtered?)`))
    }, deadlineMs)
    client.once('close', ended)
    try {
      client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => {
        if (isLate) return void channel?.destroy()
        if (error) return give(refused(name, host, port, error))
        clearTimeout(timer)
        client.off('close', ended)
        resolve(channel)
      })
    } catch (error) {
      give(hostError('closed', `${name}: the connection is gone: ${messageOf(error)}`, error))
    }
  })
}

function refused(name: string, host: string, port: number, error: Error & { readonly reason?: unknown }): HostError {
  const detail = error.message.replace(/^\(SSH\) Channel open failure: /, '')
  if (error.reason !== administrativelyProhibited) return hostError('unreachable', `${host}:${port} refuses from ${name}: ${detail}`, error)
  const todo = "set 'AllowTcpForwarding local' for Reeve's user in its sshd_config, and no PermitOpen that excludes the address"
  return hostError('protocol', `sshd on ${name} forbids forwarding to ${host}:${port}, so nothing can be asked from there; ${todo}`, error)
}
