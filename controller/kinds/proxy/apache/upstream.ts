import type { Fleet } from '../../../model/fleet.ts'
import { parseSeconds } from '../../../model/quantity.ts'
import type { Upstream, Vhost } from '../places.ts'
import { serverAddress } from '../servers.ts'
import { type Directive, quoted } from './language.ts'

const methods = { RoundRobin: 'byrequests', LeastConnections: 'bybusyness' } as const

/** Servers that share the requests. One that takes no connection is left out for ten seconds; `nocanon`: the path goes on as the client wrote it. */
export function balancer(vhost: Vhost, { servers, balance = 'RoundRobin' }: Upstream, fleet: Fleet): readonly Directive[] {
  const name = `balancer://reeve-${vhost.name}`
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
  return [[`Proxy ${quoted(name)}`, [...members, [`ProxySet lbmethod=${method}`]]], [`ProxyPass / ${quoted(`${name}/`)} nocanon`]]
}

function time(parameter: string, text: string | undefined): readonly string[] {
  const seconds = parseSeconds(text ?? '')
  return seconds.ok ? [`${parameter}=${seconds.value}`] : []
}
