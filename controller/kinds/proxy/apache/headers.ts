import { strictTransportValue } from '../hsts.ts'
import type { Location, Vhost } from '../places.ts'
import { type Directive, headerValue, quoted } from './language.ts'

/** Headers of answers. httpd keeps two lists of them: what is hidden goes from both. An empty value is none, as with nginx. */
export function answerHeaders({ headers = {}, tls }: Pick<Vhost, 'headers' | 'tls'>): readonly Directive[] {
  const hidden = (headers.hide ?? []).flatMap((name): readonly Directive[] => [
    [`Header unset ${quoted(name)}`],
    [`Header always unset ${quoted(name)}`],
  ])
  const hsts = strictTransportValue(tls)
  const set = { ...(hsts === undefined ? {} : { 'Strict-Transport-Security': hsts }), ...headers.set }
  const lines = Object.entries(set).filter(([, value]) => value)
  return [...hidden, ...lines.map(([name, value = '']): Directive => [`Header always set ${quoted(name)} ${headerValue(value)}`])]
}

/** What a location adds to the headers of its vhost; of two with one name its own counts. */
export function locationHeaders({ headers = {}, ...part }: Location, { headers: ofVhost = {} }: Vhost): readonly Directive[] {
  const { set = {}, request = {}, hide = [] } = headers
  const theirs = new Set(Object.keys(ofVhost.set ?? {}).map((name) => name.toLowerCase()))
  const none = Object.entries(set).filter(([name, value]) => !value && theirs.has(name.toLowerCase()))
  const isPassedOn = part.upstream !== undefined || part.fastcgi !== undefined
  return [...answerHeaders({ headers: { set, hide: [...hide, ...none.map(([name]) => name)] } }), ...(isPassedOn ? asked(request) : [])]
}

function asked(request: Readonly<Record<string, string | undefined>>): readonly Directive[] {
  return Object.entries(request).map(
    ([name, value]): Directive => [
      value ? `RequestHeader set ${quoted(name)} ${headerValue(value)}` : `RequestHeader unset ${quoted(name)}`,
    ],
  )
}

/** Headers of requests. mod_proxy_http appends to X-Forwarded-… what it knows itself: taken away first, that is all that is sent. */
export function requestHeaders({ headers = {} }: Vhost): readonly Directive[] {
  const { host = 'Client', realIp = true, forwardedFor = 'Replace', forwardedProto = true, request = {} } = headers
  const own: readonly (Directive | false)[] = [
    [`ProxyPreserveHost ${host === 'Client' ? 'On' : 'Off'}`],
    forwardedFor === 'Replace' && ['RequestHeader unset X-Forwarded-For'],
    ['RequestHeader unset X-Forwarded-Host'],
    ['RequestHeader unset X-Forwarded-Server'],
    realIp && ['RequestHeader set X-Real-IP "expr=%{REMOTE_ADDR}"'],
    forwardedProto && ['RequestHeader set X-Forwarded-Proto "expr=%{REQUEST_SCHEME}"'],
  ]
  return [...own.filter((one) => one !== false), ...asked(request)]
}
