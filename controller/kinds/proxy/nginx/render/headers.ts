import type { Location, Vhost } from '../../places.ts'
import { type Directive, quoted, template } from '../language.ts'
import { strictTransport } from './tls.ts'

type Headers = NonNullable<Vhost['headers']>
type Values = NonNullable<Headers['set']>

/** Headers of answers, on the server: what a location adds replaces all of them (ngx_http_headers_module). */
export function answerHeaders({ headers = {}, tls }: Pick<Vhost, 'headers' | 'tls'>): readonly Directive[] {
  const hidden = (headers.hide ?? []).flatMap((name): readonly Directive[] => [
    [`proxy_hide_header ${quoted(name)}`],
    [`fastcgi_hide_header ${quoted(name)}`],
  ])
  const set = Object.entries(headers.set ?? {}).map(
    ([name, value = '']): Directive => [`add_header ${quoted(name)} ${template(value)} always`],
  )
  return [...hidden, ...strictTransport(tls), ...set]
}

/** All of them again where a location has some of its own: nginx inherits all or none. */
export function answerHeadersOf(location: Location, vhost: Vhost): readonly Directive[] {
  const { set, hide } = location.headers ?? {}
  if (set === undefined && hide === undefined) return []
  return answerHeaders({ ...(vhost.tls ? { tls: vhost.tls } : {}), headers: headersOf(location, vhost) })
}

/** A vhost's headers and a location's: of two with one name the location's. Names have no case (RFC 9110 5.1). */
export function headersOf({ headers: own = {} }: Pick<Location, 'headers'>, { headers = {} }: Vhost): Headers {
  const join = (theirs: Values = {}, mine: Values = {}): Values => {
    const names = new Set(Object.keys(mine).map((name) => name.toLowerCase()))
    return { ...Object.fromEntries(Object.entries(theirs).filter(([name]) => !names.has(name.toLowerCase()))), ...mine }
  }
  const hide = [...new Set([...(headers.hide ?? []), ...(own.hide ?? [])])]
  return { ...headers, set: join(headers.set, own.set), request: join(headers.request, own.request), hide }
}

/** The whole set of headers, always: one proxy_set_header here replaces all inherited ones (ngx_http_proxy_module). */
export function requestHeaders(vhost: Pick<Vhost, 'headers' | 'websockets'>, hostOfUpstream: string): readonly Directive[] {
  const { host = 'Client', realIp = true, forwardedFor = 'Replace', forwardedProto = true, request = {} } = vhost.headers ?? {}
  const upgrades = vhost.websockets ?? true
  const own: readonly (readonly [string, string] | undefined)[] = [
    ['Host', host === 'Client' ? '$host' : hostOfUpstream],
    realIp ? ['X-Real-IP', '$remote_addr'] : undefined,
    ['X-Forwarded-For', forwardedFor === 'Replace' ? '$remote_addr' : '$proxy_add_x_forwarded_for'],
    forwardedProto ? ['X-Forwarded-Proto', '$scheme'] : undefined,
    ['X-Forwarded-Host', '$host'],
    upgrades ? ['Upgrade', '$http_upgrade'] : undefined,
    ['Connection', upgrades ? '$reeve_conn_upgrade' : '""'],
  ]
  return [
    ...own.filter((one) => one !== undefined).map(([name, value]): Directive => [`proxy_set_header ${name} ${value}`]),
    ...Object.entries(request).map(([name, value = '']): Directive => [`proxy_set_header ${quoted(name)} ${template(value)}`]),
  ]
}
