import type { ProxySpec } from '../../spec.ts'
import type { Directive } from '../language.ts'

/** Whom the client's address is believed of (ngx_http_realip_module); from then on $remote_addr is the client. */
export function trusted(proxies: ProxySpec['trustedProxies']): readonly Directive[] {
  if (proxies === undefined) return []
  return [
    ...proxies.addresses.map((address): Directive => [`set_real_ip_from ${address}`]),
    [`real_ip_header ${proxies.header ?? 'X-Forwarded-For'}`],
    ['real_ip_recursive on'],
  ]
}
