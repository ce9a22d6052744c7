import type { Fleet } from '../../../../model/fleet.ts'
import type { Location, Vhost } from '../../places.ts'
import { type Directive, literal, quoted } from '../language.ts'
import { fastcgi } from './fastcgi.ts'
import { answerHeadersOf, headersOf, requestHeaders } from './headers.ts'
import { hostOfPool, poolName, toPool } from './upstream.ts'
import { toWildcard } from './wildcard.ts'

/** What a vhost or a location answers with: exactly one of its fields. */
export type Content = Pick<Location, 'upstream' | 'root' | 'index' | 'fallback' | 'respond' | 'redirect' | 'fastcgi' | 'headers'>

/** A prefix ends the search, so that nothing below it is ever taken for a script (`^~`). */
const matches = { Prefix: 'location ^~', Exact: 'location =', Suffix: 'location ~' } as const

export function locations(vhost: Vhost, fleet: Fleet): readonly Directive[] {
  return (vhost.locations ?? []).map((location, index): Directive => {
    const { path, match = 'Prefix' } = location
    const pattern = match === 'Suffix' ? `${path.replaceAll('.', '\\.')}$` : path
    const words = match === 'Suffix' ? `"${pattern}"` : quoted(pattern)
    const served = content(location, vhost, poolName(vhost, index), fleet)
    return [`${matches[match]} ${words}`, [...answerHeadersOf(location, vhost), ...served]]
  })
}

export function content(part: Content, vhost: Vhost, pool: string, fleet: Fleet): readonly Directive[] {
  if (part.upstream !== undefined) return passOn(part, vhost, toPool(pool, part.upstream), hostOfPool(part.upstream, fleet))
  if (part.root !== undefined) return files(part.root, part)
  if (part.redirect !== undefined) return [redirect(part.redirect)]
  if (part.fastcgi !== undefined) return fastcgi(part.fastcgi, vhost.root)
  const { status = 404, body, contentType = 'text/plain' } = part.respond ?? {}
  return [[`default_type ${quoted(contentType)}`], [body === undefined ? `return ${status}` : `return ${status} ${literal(body)}`]]
}

function files(root: string, { index = ['index.html'], fallback }: Content): readonly Directive[] {
  const instead: readonly Directive[] = fallback === undefined ? [] : [[`try_files $uri $uri/ ${literal(fallback, ['is_args', 'args'])}`]]
  return [[`root ${quoted(root)}`], [`index ${index.join(' ')}`], ...instead]
}

function redirect({ to, status = 308, keepPath = false }: NonNullable<Content['redirect']>): Directive {
  return [`return ${status} ${keepPath ? literal(to.replace(/\/$/, ''), ['request_uri']) : literal(to)}`]
}

/** What a whole vhost answers with; names below a suffix are a vhost's alone. */
export function vhostContent(vhost: Vhost, fleet: Fleet): readonly Directive[] {
  const { headers: _onServer, ...whole } = vhost
  if (vhost.wildcard === undefined) return content(whole, vhost, poolName(vhost), fleet)
  return passOn({}, vhost, toWildcard(vhost), '$proxy_host')
}

function passOn(part: Pick<Content, 'headers'>, vhost: Vhost, to: readonly Directive[], hostOfUpstream: string): readonly Directive[] {
  const isOff = vhost.accessLog?.proxied === 'Off'
  return [
    ...(isOff ? [['access_log off'] as const] : []),
    ...to,
    ['proxy_http_version 1.1'],
    ...requestHeaders({ ...vhost, headers: headersOf(part, vhost) }, hostOfUpstream),
  ]
}
