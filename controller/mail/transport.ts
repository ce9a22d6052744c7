import { connect, type Socket } from 'node:net'
import { getCACertificates } from 'node:tls'
import { createTransport, type SentMessageInfo, type Transporter } from 'nodemailer'
import type SMTPPool from 'nodemailer/lib/smtp-pool/index.js'
import { reveal } from '../shell/secret.ts'
import type { Hub } from './hub.ts'

export type Transport = Transporter<SentMessageInfo>

/** Of the time that connecting may take: RFC 5321 §4.5.3.2.6 gives a server ten minutes for its answer to a message. Whoever asks again sooner sends it twice. */
const answerFactor = 20

/** One kept connection to a hub. A certificate that is not right ends it; TLS that was asked for is never skipped. */
export function openTransport(hub: Hub, timeoutMs: number, hostname: string | undefined): Transport {
  const { host, port, tls, auth } = hub
  const options: SMTPPool.Options & { readonly maxRequeues: number } = {
    pool: true,
    maxConnections: 1,
    // What a broken connection left is tried again by the spool, at its own pace.
    maxRequeues: 0,
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
    socketTimeout: timeoutMs * answerFactor,
    disableFileAccess: true,
    disableUrlAccess: true,
    getSocket: (_options, callback) => {
      connected(hub, timeoutMs).then(
        (connection) => callback(null, { connection }),
        (error: Error) => callback(error, false),
      )
    },
  }
  return createTransport(options)
}

/** Ends it in the middle of a message too. */
export function cutOff(transport: { close(options?: { readonly force: boolean }): void }): void {
  transport.close({ force: true })
}

/** By the system's resolver, so that /etc/hosts counts; nodemailer would ask the DNS first, and warn on the terminal. */
function connected({ host, port }: Hub, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const timer = setTimeout(() => socket.destroy(new Error(`no connection in ${timeoutMs / 1000} s`)), timeoutMs)
    socket.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
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
