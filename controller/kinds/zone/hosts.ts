import type { Fleet } from '../../model/fleet.ts'
import { resolveTarget } from '../../model/placement.ts'
import { type Target, targetKey } from '../../model/target.ts'
import type { ZoneManifest } from './places.ts'
import { recordsOf } from './records.ts'

/** Clients of the zone's primary that want its addresses in their /etc/hosts, for when no name server answers. */
export function hostClients({ spec }: ZoneManifest, fleet: Fleet): readonly Target[] {
  const clients = fleet.get('NameServer', spec.primary)?.spec.clients ?? []
  const targets = clients.filter(({ hosts }) => hosts === 'fromZone').flatMap(({ target }) => resolveTarget(fleet, target) ?? [])
  return [...new Map(targets.map((target) => [targetKey(target), target])).values()]
}

/** Lines of hosts(5), one an address. */
export function hostLines(zone: ZoneManifest, fleet: Fleet): string {
  const hosts = recordsOf(zone, fleet).filter(({ type, owner }) => (type === 'A' || type === 'AAAA') && !owner.startsWith('*'))
  const byAddress = Map.groupBy(hosts, ({ rdata }) => rdata.text)
  const lines = [...byAddress].map(([address, records]) => {
    const names = [...new Set(records.map(({ owner }) => owner.slice(0, -1)))].sort()
    return `${address} ${names.join(' ')}\n`
  })
  return lines.sort().join('')
}
