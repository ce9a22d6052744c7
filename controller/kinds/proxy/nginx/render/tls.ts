import { ciphers } from '../../ciphers.ts'
import { strictTransportValue } from '../../hsts.ts'
import { tlsListenOf, type Vhost } from '../../places.ts'
import { type Directive, literal, quoted } from '../language.ts'

type Tls = NonNullable<Vhost['tls']>

/** Protocols and ciphers that Mozilla recommends. */
const profiles: Readonly<Record<NonNullable<Tls['profile']>, readonly Directive[]>> = {
  Intermediate: [['ssl_protocols TLSv1.2 TLSv1.3'], [`ssl_ciphers ${ciphers}`]],
  Modern: [['ssl_protocols TLSv1.3']],
}

/** Certificate, key and protocols of a server. */
export function tlsDirectives(tls: Tls | undefined): readonly Directive[] {
  if (tls === undefined) return []
  return [
    [`ssl_certificate ${quoted(tls.certificate)}`],
    [`ssl_certificate_key ${quoted(tls.key)}`],
    ...profiles[tls.profile ?? 'Intermediate'],
    ['ssl_prefer_server_ciphers off'],
    ['ssl_session_cache shared:reeve_tls:10m'],
    ['ssl_session_timeout 1d'],
    ['ssl_session_tickets off'],
    ...stapling(tls),
  ]
}

/** Without `trusted` nginx passes the authority's word on unread; it is signed, and the client reads it. */
function stapling({ stapling: wanted }: Tls): readonly Directive[] {
  if (wanted === undefined) return []
  const resolvers = wanted.resolvers.map((address) => (address.includes(':') ? `[${address}]` : address))
  const verify: readonly Directive[] =
    wanted.trusted === undefined ? [] : [['ssl_stapling_verify on'], [`ssl_trusted_certificate ${quoted(wanted.trusted)}`]]
  return [['ssl_stapling on'], ...verify, [`resolver ${resolvers.join(' ')}`]]
}

export function redirectsToTls({ tls }: Vhost): boolean {
  return tls !== undefined && tls.redirect !== false
}

/** What plain HTTP answers beside a vhost that is served by HTTPS alone. */
export function sendOnToTls(vhost: Vhost): readonly Directive[] {
  const port = tlsListenOf(vhost)?.port ?? 443
  const root = vhost.tls?.challengeRoot
  const challenge: readonly Directive[] =
    root === undefined
      ? []
      : [['location ^~ /.well-known/acme-challenge/', [[`root ${quoted(root)}`], ['default_type text/plain'], ['try_files $uri =404']]]]
  return [...challenge, ['location /', [[`return 308 "https://$host${port === 443 ? '' : `:${port}`}$request_uri"`]]]]
}

/** On every answer. */
export function strictTransport(tls: Tls | undefined): readonly Directive[] {
  const value = strictTransportValue(tls)
  return value === undefined ? [] : [[`add_header Strict-Transport-Security ${literal(value)} always`]]
}
