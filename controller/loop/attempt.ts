import type { Attempt } from '../model/attempt.ts'
import { nothing } from '../shell/sh.ts'
import type { HostHandle } from './ports.ts'

/** Tries the way to a host: a connection of its own that logs in, asks nothing, and changes nothing. Never rejects. */
export async function tryWay(host: Pick<HostHandle, 'freshExchange'>, deadlineMs: number): Promise<Attempt> {
  try {
    await host.freshExchange(nothing, { deadlineMs, maxBytes: 1024 })
    return { status: 'reached' }
  } catch (error) {
    return attemptOf(error)
  }
}

/**
 * What an error says of the way to a host. Only what the ssh adapter calls `unreachable` is about the way: no name, no route, refused, no answer in time, closed before anybody was let in. A key that
 * is refused, or another host key than the pinned one, is no reason for another machine to go there; and an answer that breaks off came from a host that was reached.
 */
export function attemptOf(error: unknown): Attempt {
  const because = error instanceof Error ? error.message : String(error)
  const isUnreachable = error instanceof Error && 'kind' in error && error.kind === 'unreachable'
  return { status: isUnreachable ? 'unreachable' : 'denied', because }
}
