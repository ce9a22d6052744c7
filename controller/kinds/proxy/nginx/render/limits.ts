import { parseBytes, parseSeconds } from '../../../../model/quantity.ts'
import { partsOf, type Vhost } from '../../places.ts'
import type { Directive } from '../language.ts'

type Limits = NonNullable<Vhost['limits']>

const toUpstream = { connect: 'connect_timeout', read: 'read_timeout', send: 'send_timeout' } as const

/** What a server bounds. */
export function limits(vhost: Vhost): readonly Directive[] {
  const { limits: wanted = {} } = vhost
  const body = wanted.bodySize === undefined ? undefined : parseBytes(wanted.bodySize)
  const parts = partsOf(vhost)
  return [
    ...(body?.ok ? [[`client_max_body_size ${body.value}`] as const] : []),
    ...time(wanted.client, 'client_body_timeout', 'send_timeout'),
    ...(parts.some(({ upstream }) => upstream) ? upstreamTimes(wanted, 'proxy') : []),
    ...(parts.some(({ fastcgi }) => fastcgi) ? upstreamTimes(wanted, 'fastcgi') : []),
    ...perClient(vhost, wanted),
  ]
}

function upstreamTimes(wanted: Limits, module: 'proxy' | 'fastcgi'): readonly Directive[] {
  return Object.entries(toUpstream).flatMap(([field, directive]) =>
    time(wanted[field as keyof typeof toUpstream], `${module}_${directive}`),
  )
}

function time(text: string | undefined, ...directives: readonly string[]): readonly Directive[] {
  const seconds = parseSeconds(text ?? '')
  return seconds.ok ? directives.map((one): Directive => [`${one} ${seconds.value}s`]) : []
}

function perClient(vhost: Vhost, { requests, connections }: Limits): readonly Directive[] {
  const burst = requests?.burst ? ` burst=${requests.burst} nodelay` : ''
  return [
    ...(requests ? ([[`limit_req zone=${zones(vhost).requests}${burst}`], ['limit_req_status 429']] as const) : []),
    ...(connections ? ([[`limit_conn ${zones(vhost).connections} ${connections}`], ['limit_conn_status 429']] as const) : []),
  ]
}

/** Where nginx counts, outside of the server. Ten megabytes hold 80,000 clients; beyond, the oldest go. */
export function limitZones(vhost: Vhost): readonly Directive[] {
  const { requests, connections } = vhost.limits ?? {}
  const names = zones(vhost)
  return [
    ...(requests ? [[`limit_req_zone $binary_remote_addr zone=${names.requests}:10m rate=${requests.rate}`] as const] : []),
    ...(connections ? [[`limit_conn_zone $binary_remote_addr zone=${names.connections}:10m`] as const] : []),
  ]
}

function zones({ name }: Vhost) {
  return { requests: `reeve_${name}_requests`, connections: `reeve_${name}_connections` } as const
}
