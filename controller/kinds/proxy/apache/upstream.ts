import type { Fleet } from '../../../model/fleet.ts'
import { parseSeconds } from '../../../model/quantity.ts'
import type { Upstream, Vhost } from '../places.ts'
import { serverAddress } from '../servers.ts'
import { type Directive, quoted } from './language.ts'

const methods = { RoundRobin: 'byrequests', LeastConnections: 'bybusyness' } as const

/** Name of the servers behind a vhost, or behind one of its locations. */
export function poolName({ name }: Pick<Vhost, 'name'>, location?: number): string {
  return location === undefined ? `reeve-${name}` : `reeve-${name}-${location}`
}

/** Servers that share the requests. One that takes no connection is left out for ten seconds. */
export function pool(name: string, vhost: Vhost, { servers, balance = 'RoundRobin' }: Upstream, fleet: Fleet): Directive {
  const members = servers.map((server): Directive => {
    const words = [
      `BalancerMember ${quoted(`http://${serverAddress(server, fleet)}`)}`,
      `loadfactor=${server.weight ?? 1}`,
      'retry=10',
      ...(server.backup ? ['status=+H'] : []),
      ...time('connectiontimeout', vhost.limits?.connect),
      ...time('timeout', vhost.limits?.read),
      ...((vhost.websockets ?? true) ? ['upgrade=websocket'] : []),
    ]
    return [words.join(' ')]
  })
  const method = balance === 'ClientAddress' ? methods.RoundRobin : methods[balance]
  return [`Proxy ${quoted(`balancer://${name}`)}`, [...members, [`ProxySet lbmethod=${method}`]]]
}

/** `nocanon`: the path goes on as the client wrote it. */
export function toPool(name: string): readonly Directive[] {
  return [[`ProxyPass / ${quoted(`balancer://${name}/`)} nocanon`]]
}

function time(parameter: string, text: string | undefined): readonly string[] {
  const seconds = parseSeconds(text ?? '')
  return seconds.ok ? [`${parameter}=${seconds.value}`] : []
}
