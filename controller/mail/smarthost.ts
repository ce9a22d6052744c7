import type { SentMessageInfo } from 'nodemailer'
import type { Hub } from './hub.ts'
import type { Refusal, Spooled } from './spool.ts'
import { cutOff, openTransport, type Transport } from './transport.ts'

/** Who takes our mail, and from whom to whom Reeve's own goes. */
export interface SmarthostSettings {
  /** Tried in this order: the next one where one is away, or cannot be used, or says 4xx. */
  readonly hubs: readonly Hub[]
  readonly from: string
  readonly to: readonly string[]
  /** For a connection and the greeting. An answer may take 20 times as long, all that is said about one mail 40 times. */
  readonly timeoutMs: number
  /** Name that we greet with; absent: this machine's. */
  readonly hostname?: string
}

/**
 * What became of one attempt. `later`: try again (server down, 4xx, wrong password); `never`: this mail is refused for good (5xx).
 * `refused`: recipients that will not get it, while others did or still may.
 */
export type Sent =
  | { readonly status: 'sent'; readonly refused: readonly Refusal[]; readonly reply: string }
  | {
      readonly status: 'later'
      readonly reason: string
      readonly remaining: readonly string[]
      readonly refused: readonly Refusal[]
      readonly isServerDown: boolean
      /** The password or the certificate: a person has to put it right. */
      readonly isMisconfigured: boolean
    }
  | { readonly status: 'never'; readonly reason: string; readonly remaining: readonly string[] }

export interface Smarthost {
  /** One attempt; `message` of a letter. */
  send(entry: Spooled, message?: Buffer): Promise<Sent>
  /** From now on the first server is asked again, also if it was down before. */
  rest(): void
  close(): void
}

/** Of `timeoutMs`: one that says a little now and then is never silent, and would keep the queue for ever. */
const wholeFactor = 40

/** The connections to the servers that take our mail. */
export function createSmarthost(settings: SmarthostSettings): Smarthost {
  const transports = new Map<string, Transport>()
  const down = new Set<string>()
  const idle = new Map<string, NodeJS.Timeout>()
  const transportOf = (hub: Hub): Transport => {
    const key = nameOf(hub)
    const known = transports.get(key) ?? openTransport(hub, settings.timeoutMs, settings.hostname)
    transports.set(key, known)
    return known
  }
  /** A connection that nobody uses is not kept: on the way (NAT) it may be forgotten, and the next mail would wait ten minutes for an answer. */
  const rest = (key: string): void => {
    transports.get(key)?.close()
    transports.delete(key)
  }
  async function attempt(hub: Hub, content: Content): Promise<Sent> {
    const key = nameOf(hub)
    clearTimeout(idle.get(key))
    const sent = await sendTo(hub, () => transportOf(hub), content, {
      wholeMs: settings.timeoutMs * wholeFactor,
      forget: () => transports.delete(key),
    })
    idle.set(key, setTimeout(() => rest(key), settings.timeoutMs).unref())
    if (sent.status === 'later' && (sent.isServerDown || sent.isMisconfigured)) down.add(key)
    return sent
  }
  return {
    async send(entry, message) {
      const hubs = hubsOf(settings, entry)
      const up = hubs.filter((hub) => !down.has(nameOf(hub)))
      return inTurn(up.length > 0 ? up : hubs, attempt, contentOf(settings, entry, message))
    },
    rest: () => down.clear(),
    close() {
      for (const timer of idle.values()) clearTimeout(timer)
      for (const transport of transports.values()) {
        transport.close()
        // A message in hand has its time, and no more.
        setTimeout(() => cutOff(transport), settings.timeoutMs).unref()
      }
    },
  }
}

function nameOf({ host, port }: Hub): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** revaliases may name another server for a user; TLS and password are as for the first. */
function hubsOf({ hubs }: SmarthostSettings, { letter }: Spooled): readonly Hub[] {
  const [first] = hubs
  if (letter?.hub === undefined || first === undefined) return hubs
  const own = { ...first, ...letter.hub }
  return [own, ...hubs.filter((hub) => nameOf(hub) !== nameOf(own))]
}

async function inTurn(hubs: readonly Hub[], attempt: (hub: Hub, content: Content) => Promise<Sent>, content: Content): Promise<Sent> {
  const failures: Extract<Sent, { status: 'later' }>[] = []
  for (const hub of hubs) {
    const sent = await attempt(hub, content)
    if (sent.status === 'sent') return sent
    // One that is asked instead does not decide for the one that could not be asked.
    if (sent.status === 'never' && failures.length === 0) return sent
    const failure = sent.status === 'never' ? asLater(sent) : sent
    failures.push(failure)
    if (failure.remaining.length < content.envelope.to.length) break
  }
  return together(failures)
}

function asLater({ reason, remaining }: Extract<Sent, { status: 'never' }>): Extract<Sent, { status: 'later' }> {
  return { status: 'later', reason, remaining, refused: [], isServerDown: false, isMisconfigured: false }
}

function together(failures: readonly Extract<Sent, { status: 'later' }>[]): Sent {
  const last = failures.at(-1)
  if (last === undefined) throw new Error('there is no server to send to')
  return {
    ...last,
    reason: failures.map(({ reason }) => reason).join('; '),
    isServerDown: failures.every(({ isServerDown }) => isServerDown),
    isMisconfigured: failures.some(({ isMisconfigured }) => isMisconfigured),
  }
}

type Content = Parameters<Transport['sendMail']>[0] & { readonly envelope: { readonly from: string; readonly to: string[] } }

function contentOf(settings: SmarthostSettings, entry: Spooled, message: Buffer | undefined): Content {
  const { letter } = entry
  if (letter === undefined)
    return { ...composed(settings, entry), envelope: { from: settings.from, to: [...(entry.remaining ?? entry.mail.to ?? settings.to)] } }
  if (message === undefined) throw new Error(`the message of ${entry.mail.id} is not at hand`)
  const isEightBit = message.some((byte) => byte > 127)
  return {
    raw: message,
    envelope: { from: letter.from, to: [...(entry.remaining ?? letter.to)], ...(isEightBit ? { use8BitMime: true } : {}) },
  }
}

function composed({ from, to }: SmarthostSettings, { mail, createdSeconds }: Spooled) {
  const domain = from.slice(from.lastIndexOf('@') + 1).replace(/>.*$/, '') || 'localhost'
  const idOf = (id: string) => `<${id}@${domain}>`
  return {
    from,
    to: [...(mail.to ?? to)],
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

interface Patience {
  readonly wholeMs: number
  /** The next attempt takes a new connection. */
  forget(): void
}

async function sendTo(hub: Hub, transportOf: () => Transport, content: Content, { wholeMs, forget }: Patience): Promise<Sent> {
  let timer: NodeJS.Timeout | undefined
  try {
    const transport = transportOf()
    const tooLong = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        forget()
        cutOff(transport)
        reject(new Error(`no end of its answers in ${wholeMs / 1000} s`))
      }, wholeMs)
    })
    return judge(await Promise.race([transport.sendMail(content), tooLong]), hub)
  } catch (error) {
    return judgeError(error, content.envelope.to, hub)
  } finally {
    clearTimeout(timer)
  }
}

function judge(info: SentMessageInfo, hub: Hub): Sent {
  const errors: readonly SmtpError[] = info.rejectedErrors ?? []
  const refused = errors.filter(isPermanent).map(refusalOf)
  const later = errors.filter((error) => !isPermanent(error))
  if (later.length === 0) return { status: 'sent', refused, reply: `${nameOf(hub)}: ${String(info.response ?? '')}` }
  const remaining = later.flatMap((error) => error.recipient ?? [])
  return { status: 'later', reason: reasonOf(later, hub), remaining, refused, isServerDown: false, isMisconfigured: false }
}

interface SmtpError extends Error {
  readonly code?: string
  readonly command?: string
  readonly response?: string
  readonly responseCode?: number
  readonly recipient?: string
  readonly rejectedErrors?: readonly SmtpError[]
}

function judgeError(error: unknown, recipients: readonly string[], hub: Hub): Sent {
  const failure: SmtpError = error instanceof Error ? error : new Error(String(error))
  const parts = failure.rejectedErrors ?? [failure]
  const reason = reasonOf(parts, hub)
  if (parts.every(isPermanent)) return { status: 'never', reason, remaining: recipients }
  const refused = failure.rejectedErrors ? parts.filter(isPermanent).map(refusalOf) : []
  const gone = refused.map(({ recipient }) => recipient)
  const isMisconfigured = isOurFault(failure)
  return {
    status: 'later',
    reason,
    remaining: recipients.filter((one) => !gone.includes(one)),
    refused,
    isServerDown: failure.responseCode === undefined || failure.code === 'EAUTH',
    isMisconfigured,
  }
}

function refusalOf(error: SmtpError): Refusal {
  return { recipient: error.recipient ?? '', reply: error.response ?? error.message }
}

function reasonOf(errors: readonly SmtpError[], hub: Hub): string {
  const parts = errors.map((error) => (error.recipient ? `${error.recipient}: ${error.response ?? error.message}` : inWords(error, hub)))
  return `${nameOf(hub)}: ${[...new Set(parts)].join('; ')}`
}

/** RFC 5321 §4.2.1. A 5xx before MAIL FROM (greeting, password) is about the server, not the mail: a person will put it right. */
function isPermanent(error: SmtpError): boolean {
  const isAboutTheMail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE'
  return isAboutTheMail && error.responseCode !== undefined && error.responseCode >= 500
}

/** Codes of OpenSSL and Node for a certificate that does not hold. */
const certificateFault = /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|ALTNAME/i

function isOurFault(error: SmtpError): boolean {
  if (error.code === 'EAUTH') return (error.responseCode ?? 500) >= 500
  return isWithoutTls(error) || certificateFault.test(`${error.code} ${error.message} ${causeOf(error)}`)
}

/** STARTTLS was asked for, and the server has it not. */
function isWithoutTls({ code, message }: SmtpError): boolean {
  return code === 'ETLS' && /STARTTLS/i.test(message)
}

function causeOf(error: SmtpError): string {
  const { cause } = error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}

function inWords(error: SmtpError, { host, tls }: Hub): string {
  const said = error.message
  if (/altname|does not match certificate/i.test(said)) return `its certificate is for another name: ${said}`
  if (/self.signed|unable to (get|verify)/i.test(said))
    return `its certificate is signed by nobody that we trust: ${said}; name its authority (TLS_CA_File)`
  if (/certificate has expired/i.test(said)) return 'its certificate has expired'
  if (isWithoutTls(error) && tls === 'starttls') return `${host} does not speak TLS here, and nothing is sent without: ${said}`
  return said
}
