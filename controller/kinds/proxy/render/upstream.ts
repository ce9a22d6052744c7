import type { Fleet } from '../../../model/fleet.ts'
import type { Directive } from '../nginx.ts'
import { addressOfContainer, type Upstream, type Vhost } from '../places.ts'

const balances = { RoundRobin: [], LeastConnections: [['least_conn']], ClientAddress: [['ip_hash']] } as const satisfies Readonly<
  Record<NonNullable<Upstream['balance']>, readonly Directive[]>
>

/** Name of the servers of a vhost, or of one of its locations. */
export function poolName({ name }: Vhost, location?: number): string {
  return location === undefined ? `reeve_${name}` : `reeve_${name}_${location}`
}

/** All servers that a vhost passes requests on to. */
export function pools(vhost: Vhost, fleet: Fleet): readonly Directive[] {
  const parts = [{ upstream: vhost.upstream, name: poolName(vhost) }].concat(
    (vhost.locations ?? []).map(({ upstream }, index) => ({ upstream, name: poolName(vhost, index) })),
  )
  return parts.flatMap(({ upstream, name }) => (upstream ? [pool(name, upstream, fleet)] : []))
}

function pool(name: string, upstream: Upstream, fleet: Fleet): Directive {
  const { balance = 'RoundRobin', keepalive = 16 } = upstream
  const servers = upstream.servers.map((server): Directive => {
    const weight = (server.weight ?? 1) === 1 ? '' : ` weight=${server.weight}`
    return [`server ${serverAddress(server, fleet)}${weight} max_fails=3 fail_timeout=10s${server.backup ? ' backup' : ''}`]
  })
  // nginx wants the way of balancing before keepalive.
  const idle: readonly Directive[] = keepalive === 0 ? [] : [[`keepalive ${keepalive}`]]
  return [`upstream ${name}`, [[`zone ${name} 64k`], ...balances[balance], ...servers, ...idle]]
}

/** How the first server calls itself where the client's name is not passed on: an address, since names are not declared. */
export function hostOfPool({ servers }: Upstream, fleet: Fleet): string {
  const [first] = servers
  return first === undefined ? '$proxy_host' : serverAddress(first, fleet).replace(/:80$/, '')
}

function serverAddress({ container, address = '', port }: Upstream['servers'][number], fleet: Fleet): string {
  const host = container === undefined ? address : addressOfContainer(fleet, container)
  if (host === undefined) throw new Error(`check let a container without an address through: ${container}`)
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
