import type { Fleet } from '../../model/fleet.ts'
import { type Assessment, type Reading, sample, type Vital } from '../../model/kind.ts'
import type { NetworkProbe } from '../../model/primitive.ts'
import type { Placement } from '../../model/target.ts'
import { addressOf, asciiName, type NameServerManifest } from './places.ts'

/**
 * Whether it answers at the address that others know, over the network and not by its unit: for the zones that it holds, each asked by name, and where
 * it holds none whether it takes a connection.
 */
export function vitals(server: NameServerManifest, { target, role }: Placement, fleet: Fleet): readonly Vital[] {
  const host = addressOf(server, fleet)
  if (role !== 'server' || host === undefined) return []
  const zones = fleet.all('Zone').filter(({ spec }) => [spec.primary, ...(spec.secondaries ?? [])].includes(server.name))
  const probes = zones.slice(0, mostAsked).map(({ spec }): NetworkProbe => ({ type: 'dns', host, port: 53, zone: asciiName(spec.name) }))
  const all: readonly NetworkProbe[] = probes.length > 0 ? probes : [{ type: 'tcp', host, port: 53 }]
  return all.map((probe) => {
    const what = probe.type === 'dns' ? probe.zone : 'port 53'
    return {
      id: `answers-${what}`,
      target,
      pace: 'fromController',
      probe,
      assess: (reading) => assess(reading, `${what} at ${host}`, what),
    }
  })
}

/** Each question is a channel of its own; each zone is looked at on its own target besides. */
const mostAsked = 8

function assess(reading: Reading, what: string, zone: string): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotAsked', message: reading.reason, samples: [] }
  const isOk = /^ok\b/.test(reading.stdout)
  const samples = [sample('nameserver_answers', isOk ? 1 : 0, { zone })]
  if (isOk) return { healthy: true, reason: 'Answers', message: `${what} is answered`, samples }
  return { healthy: false, reason: 'Silent', message: `${what}: ${reading.stdout.trim().slice(0, 200) || 'no answer'}`, samples }
}
