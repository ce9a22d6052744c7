import { parseBytes, parseSeconds } from '../../../model/quantity.ts'
import { partsOf, type Vhost } from '../places.ts'
import type { Directive } from './language.ts'

/** Seconds that nginx waits for an upstream, and httpd too where somebody bounds its client alone: its own default is the time for clients. */
const usualSeconds = 60

/** What a vhost bounds, but for what stands with its servers. */
export function limits(vhost: Vhost): readonly Directive[] {
  const { bodySize, client, read } = vhost.limits ?? {}
  const body = bodySize === undefined ? undefined : parseBytes(bodySize)
  const [ofClient, ofUpstream] = [parseSeconds(client ?? ''), parseSeconds(read ?? '')]
  const isScript = partsOf(vhost).some(({ fastcgi }) => fastcgi)
  const wait = ofUpstream.ok && isScript ? ofUpstream.value : ofClient.ok && !ofUpstream.ok ? usualSeconds : undefined
  return [
    ...(body?.ok && body.value > 0n ? atMost(body.value) : []),
    ...(ofClient.ok ? [[`TimeOut ${ofClient.value}`] as const] : []),
    ...(wait === undefined ? [] : [[`ProxyTimeout ${wait}`] as const]),
  ]
}

/** Said by mod_rewrite, since LimitRequestBody does not bound what is passed on. A body that does not tell its length beforehand is refused, with 411. */
function atMost(bytes: bigint): readonly Directive[] {
  return [
    ['RewriteEngine on'],
    [`RewriteCond expr "%{HTTP:Content-Length} -gt ${bytes}"`],
    ['RewriteRule ^ - [R=413,L]'],
    ['RewriteCond %{HTTP:Transfer-Encoding} .'],
    ['RewriteRule ^ - [R=411,L]'],
  ]
}
