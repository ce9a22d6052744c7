import { parseIpv4, parseIpv4Interface } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { primitiveId } from '../../model/ids.ts'
import type { Needed } from '../../model/primitive.ts'
import { addressFor, type Sender, type SyslogSink } from './places.ts'

/**
 * The bridges of a hypervisor by which its messages reach the sink. They stand first: a connection that is made before takes the default route, and
 * rsyslog waits on it for a quarter of an hour where something out there takes it.
 */
export function wayTo(sink: SyslogSink, { client, target }: Sender, fleet: Fleet): readonly Needed[] {
  if (target.inside !== undefined) return []
  const address = parseIpv4(addressFor(sink, client, fleet) ?? '')
  const bridges = fleet.get('Hypervisor', target.hypervisor)?.spec.system?.bridges ?? []
  const used = bridges.filter(({ addresses = [] }) => addresses.some((one) => isIn(address, one)))
  return used.map(({ name }) => ({ target, id: primitiveId('bridge', name) }))
}

function isIn(address: number | undefined, network: string): boolean {
  const read = parseIpv4Interface(network)
  return address !== undefined && read.ok && address >= read.value.network && address <= read.value.broadcast
}
