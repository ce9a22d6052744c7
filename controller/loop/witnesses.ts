import { parseWitnesses, type Witness, witnessProbe } from '../engine/witness.ts'
import type { HostState } from './hosts.ts'
import type { Timings } from './ports.ts'

/** Who was on the host since it was seen last; nobody where that cannot be told. */
export async function witnessesOf(host: HostState, timings: Timings): Promise<readonly Witness[]> {
  const since = host.seenSeconds ?? 0
  try {
    return parseWitnesses(
      await host.handle.exchange(witnessProbe(since), { deadlineMs: timings.observeTimeoutMs, maxBytes: 1 << 20 }),
      since,
    )
  } catch {
    return []
  }
}
