import { ciphers } from '../ciphers.ts'
import { tlsListenOf, type Vhost } from '../places.ts'
import { files, pathAsked } from './content.ts'
import { type Directive, quoted } from './language.ts'

type Tls = NonNullable<Vhost['tls']>

const protocols = { Intermediate: '-all +TLSv1.2 +TLSv1.3', Modern: '-all +TLSv1.3' } as const

export function tlsDirectives(tls: Tls | undefined): readonly Directive[] {
  if (tls === undefined) return []
  const profile = tls.profile ?? 'Intermediate'
  return [
    ['SSLEngine on'],
    [`SSLCertificateFile ${quoted(tls.certificate)}`],
    [`SSLCertificateKeyFile ${quoted(tls.key)}`],
    [`SSLProtocol ${protocols[profile]}`],
    ...(profile === 'Intermediate' ? [[`SSLCipherSuite ${ciphers}`] as const] : []),
    ['SSLHonorCipherOrder off'],
    ['SSLSessionTickets off'],
  ]
}

/** What plain HTTP answers beside a vhost that is served by HTTPS alone: the same host and path, but for challenges of a certificate's authority. */
export function sendOnToTls(vhost: Vhost): readonly Directive[] {
  const port = tlsListenOf(vhost)?.port ?? 443
  const root = vhost.tls?.challengeRoot
  return [
    ...(root === undefined ? [] : files(root, {})),
    ['RewriteEngine on'],
    ...(root === undefined ? [] : [['RewriteRule ^/\\.well-known/acme-challenge/ - [L]'] as const]),
    [`RewriteCond "%{HTTP_HOST} %{THE_REQUEST}" "^([A-Za-z0-9.-]+)(?::\\d+)? \\S+ ${pathAsked}"`],
    [`RewriteRule ^ https://%1${port === 443 ? '' : `:${port}`}%2 [R=308,NE,L]`],
    ['RewriteRule ^ - [R=400,L]'],
  ]
}
