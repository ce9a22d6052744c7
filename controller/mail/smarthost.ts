import { createTransport, type SentMessageInfo, type Transporter } from 'nodemailer'
import type SMTPPool from 'nodemailer/lib/smtp-pool/index.js'
import { reveal, type Secret } from '../shell/secret.ts'
import type { Spooled } from './spool.ts'

/** `mail:` of reeve.yaml. */
export interface SmarthostSettings {
  readonly host: string
  readonly port: number
  /** `implicit`: TLS from the first byte (465) · `starttls`: required, never skipped · `none`: plain, for a server on this machine. */
  readonly tls: 'implicit' | 'starttls' | 'none'
  readonly user?: string
  readonly password?: Secret
  readonly from: string
  readonly to: readonly string[]
  readonly timeoutMs: number
}

/** What became of one attempt. `later`: try again (server down, 4xx, wrong password); `never`: this mail is refused for good (5xx). */
export type Sent =
  | { readonly status: 'sent' }
  | { readonly status: 'later'; readonly reason: string; readonly remaining: readonly string[]; readonly isServerDown: boolean }
  | { readonly status: 'never'; readonly reason: string; readonly remaining: readonly string[] }

export interface Smarthost {
  send(entry: Spooled): Promise<Sent>
  close(): void
}

/** The connection to the server that takes our mail. */
export function createSmarthost(settings: SmarthostSettings): Smarthost {
  const transport = createTransport(transportOptions(settings))
  return { send: (entry) => send(transport, settings, entry), close: () => transport.close() }
}

function transportOptions(settings: SmarthostSettings): SMTPPool.Options {
  const { host, port, tls, user, password, timeoutMs } = settings
  return {
    pool: true,
    maxConnections: 1,
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(user === undefined ? {} : { auth: { user, pass: password === undefined ? '' : reveal(password) } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

async function send(transport: Transporter<SentMessageInfo>, settings: SmarthostSettings, entry: Spooled): Promise<Sent> {
  const recipients = entry.remaining ?? settings.to
  try {
    const info = await transport.sendMail({ ...envelopeAndText(settings, entry), envelope: { from: settings.from, to: [...recipients] } })
    return judge(info)
  } catch (error) {
    return judgeError(error, recipients)
  }
}

function envelopeAndText({ from, to }: SmarthostSettings, { mail, createdSeconds }: Spooled) {
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/>.*$/, '') || 'localhost'
  const idOf = (id: string) => `<${id}@${domain}>`
  return {
    from,
    to: [...to],
    subject: mail.subject.split(/[\r\n]/)[0] ?? '',
    text: mail.text,
    // Else long lines become format=flowed, and a reader's program joins the lines of a diff.
    textEncoding: 'quoted-printable' as const,
    date: new Date(createdSeconds * 1000),
    messageId: idOf(mail.id),
    ...(mail.references.length === 0 ? {} : { inReplyTo: idOf(mail.references.at(-1) ?? ''), references: mail.references.map(idOf) }),
    // RFC 3834: no vacation answers, please.
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

function judge(info: SentMessageInfo): Sent {
  const errors: readonly SmtpError[] = info.rejectedErrors ?? []
  if (errors.length === 0) return { status: 'sent' }
  const later = errors.filter((error) => !isPermanent(error))
  const reason = errors.map((error) => error.message).join('; ')
  const remaining = (later.length > 0 ? later : errors).flatMap((error) => error.recipient ?? [])
  return later.length > 0 ? { status: 'later', reason, remaining, isServerDown: false } : { status: 'never', reason, remaining }
}

interface SmtpError extends Error {
  readonly code?: string
  readonly command?: string
  readonly responseCode?: number
  readonly recipient?: string
  readonly rejectedErrors?: readonly SmtpError[]
}

function judgeError(error: unknown, remaining: readonly string[]): Sent {
  const failure: SmtpError = error instanceof Error ? error : new Error(String(error))
  const parts = failure.rejectedErrors ?? [failure]
  const reason = parts.map((part) => part.message).join('; ')
  if (parts.every(isPermanent)) return { status: 'never', reason, remaining }
  return { status: 'later', reason, remaining, isServerDown: failure.responseCode === undefined || failure.code === 'EAUTH' }
}

/** RFC 5321 §4.2.1. A 5xx before MAIL FROM (greeting, password) is about the server, not the mail: a person will put it right. */
function isPermanent(error: SmtpError): boolean {
  const isAboutTheMail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE'
  return isAboutTheMail && error.responseCode !== undefined && error.responseCode >= 500
}
