import { type Directive, quoted, template } from '../nginx.ts'
import type { Vhost } from '../places.ts'
import { strictTransport } from './tls.ts'

/** Headers of answers. They stand on the server alone: one add_header in a location would replace all of them (ngx_http_headers_module). */
export function answerHeaders({ headers = {}, tls }: Vhost): readonly Directive[] {
  const hidden = (headers.hide ?? []).flatMap((name): readonly Directive[] => [
    [`proxy_hide_header ${quoted(name)}`],
    [`fastcgi_hide_header ${quoted(name)}`],
  ])
  const set = Object.entries(headers.set ?? {}).map(
    ([name, value = '']): Directive => [`add_header ${quoted(name)} ${template(value)} always`],
  )
  return [...hidden, ...strictTransport(tls), ...set]
}

/** The whole set of headers, always: one proxy_set_header here replaces all inherited ones (ngx_http_proxy_module). */
export function requestHeaders(vhost: Vhost, hostOfUpstream: string): readonly Directive[] {
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
