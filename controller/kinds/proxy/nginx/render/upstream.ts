import type { Fleet } from '../../../../model/fleet.ts'
import type { Upstream, Vhost } from '../../places.ts'
import { serverAddress } from '../../servers.ts'
import { type Directive, quoted } from '../language.ts'

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

/** How requests get to the servers; by HTTPS, with whose name and whose word for it. */
export function toPool(pool: string, { tls }: Upstream): readonly Directive[] {
  if (tls === undefined) return [[`proxy_pass http://${pool}`]]
  const { serverName, trusted = '/etc/ssl/certs/ca-certificates.crt', verify = true } = tls
  const judged: readonly Directive[] = [
    ['proxy_ssl_verify on'],
    ['proxy_ssl_verify_depth 4'],
    [`proxy_ssl_trusted_certificate ${quoted(trusted)}`],
  ]
  return [
    [`proxy_pass https://${pool}`],
    ['proxy_ssl_server_name on'],
    [`proxy_ssl_name ${quoted(serverName)}`],
    ['proxy_ssl_protocols TLSv1.2 TLSv1.3'],
    ...(verify ? judged : []),
  ]
}

/** How the first server calls itself where the client's name is not passed on: by its certificate, else an address. */
export function hostOfPool({ servers, tls }: Upstream, fleet: Fleet): string {
  const [first] = servers
  if (tls !== undefined) return quoted(tls.serverName)
  return first === undefined ? '$proxy_host' : serverAddress(first, fleet).replace(/:80$/, '')
}
