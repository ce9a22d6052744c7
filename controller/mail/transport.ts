import { getCACertificates } from 'node:tls'
import { createTransport, type SentMessageInfo, type Transporter } from 'nodemailer'
import type SMTPPool from 'nodemailer/lib/smtp-pool/index.js'
import { reveal } from '../shell/secret.ts'
import type { Hub } from './hub.ts'

export type Transport = Transporter<SentMessageInfo>

/** One kept connection to a hub. A certificate that is not right ends it; TLS that was asked for is never skipped. */
export function openTransport(hub: Hub, timeoutMs: number, hostname: string | undefined): Transport {
  const { host, port, tls, auth } = hub
  const options: SMTPPool.Options = {
    pool: true,
    maxConnections: 1,
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(hostname === undefined ? {} : { name: hostname }),
    ...(auth === undefined ? {} : { auth: { user: auth.user, pass: reveal(auth.password) } }),
    ...(auth?.method === undefined ? {} : { authMethod: auth.method }),
    ...(tls === 'none' ? {} : { tls: tlsOptions(hub) }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  return createTransport(options)
}

function tlsOptions({ authorities, certificate, key }: Hub): NonNullable<SMTPPool.Options['tls']> {
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    // Of the system too, not only those that Node carries: an organisation's own are there.
    ca: authorities === undefined ? [...getCACertificates('default'), ...getCACertificates('system')] : [authorities],
    ...(certificate === undefined ? {} : { cert: certificate, key: key === undefined ? certificate : reveal(key) }),
  }
}
