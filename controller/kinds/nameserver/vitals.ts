import type { Fleet } from '../../model/fleet.ts'
import type { Assessment, Reading, Vital } from '../../model/kind.ts'
import type { Placement } from '../../model/target.ts'
import { addressOf, type NameServerManifest } from './places.ts'

/** Whether it takes questions at the address that others know, over the network and not by its unit. */
export function vitals(server: NameServerManifest, { target, role }: Placement, fleet: Fleet): readonly Vital[] {
  const host = addressOf(server, fleet)
  if (role !== 'server' || host === undefined) return []
  return [
    { id: 'port', target, pace: 'fromController', probe: { type: 'tcp', host, port: 53 }, assess: (reading) => assess(reading, host) },
  ]
}

function assess(reading: Reading, host: string): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotAsked', message: reading.reason, samples: [] }
  const isOk = /^ok\b/.test(reading.stdout)
  const samples = [{ metric: 'nameserver_up', value: isOk ? 1 : 0 }]
  if (isOk) return { healthy: true, reason: 'Reachable', message: `${host} takes questions`, samples }
  return {
    healthy: false,
    reason: 'Unreachable',
    message: `${host} takes no questions: ${reading.stdout.trim().slice(0, 200) || 'nothing'}`,
    samples,
  }
}
