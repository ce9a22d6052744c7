import { SMTPServer, type SMTPServerSession } from 'smtp-server'

/** A mail as the catcher got it. */
export interface CaughtMail {
  readonly from: string
  readonly to: readonly string[]
  /** By lower-case name; unfolded, not decoded. Where a name comes twice, the last one. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly raw: string
}

/** How it answers: `down` has no listener, a number is the SMTP code that every mail gets at RCPT TO. */
export type CatcherMode = 'accept' | 'down' | 421 | 450 | 451 | 452 | 550 | 552 | 554

/** A mail server on loopback that keeps what it gets. */
export interface SmtpCatcher extends AsyncDisposable {
  readonly port: number
  readonly mails: readonly CaughtMail[]
  setMode(mode: CatcherMode): Promise<void>
  clear(): void
  /** Resolves with the first mail that fits, one that came already or one to come. Rejects after the limit. */
  waitFor(fits: (mail: CaughtMail) => boolean, limitMs: number): Promise<CaughtMail>
}

export interface CatcherOptions {
  readonly onMail?: (mail: CaughtMail) => void
  /** Asks for this login; without, it takes mail from anyone. */
  readonly login?: { readonly user: string; readonly password: string }
}

/** Starts a catcher on any free port of 127.0.0.1. The port stays the same while it is down and after. */
export async function startSmtpCatcher(options: CatcherOptions = {}): Promise<SmtpCatcher> {
  const mails: CaughtMail[] = []
  const listeners = new Set<(mail: CaughtMail) => void>(options.onMail ? [options.onMail] : [])
  let mode: CatcherMode = 'accept'
  const take = (mail: CaughtMail) => {
    mails.push(mail)
    for (const listener of listeners) listener(mail)
  }
  const open = (port: number) =>
    listen(
      createMailServer(options, () => mode, take),
      port,
    )
  let server = await open(0)
  const port = (server.server.address() as { readonly port: number }).port
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return {
    port,
    mails,
    clear: () => void mails.splice(0),
    setMode: async (next) => {
      if (next === 'down' && mode !== 'down') await close()
      if (next !== 'down' && mode === 'down') server = await open(port)
      mode = next
    },
    waitFor: (fits, limitMs) => {
      const caught = mails.find(fits)
      return caught ? Promise.resolve(caught) : nextMail(listeners, fits, limitMs, mails)
    },
    [Symbol.asyncDispose]: async () => {
      if (mode !== 'down') await close()
    },
  }
}

function nextMail(
  listeners: Set<(mail: CaughtMail) => void>,
  fits: (mail: CaughtMail) => boolean,
  limitMs: number,
  mails: readonly CaughtMail[],
): Promise<CaughtMail> {
  const { promise, resolve, reject } = Promise.withResolvers<CaughtMail>()
  const listener = (mail: CaughtMail) => fits(mail) && resolve(mail)
  const subjects = () => mails.map((mail) => mail.headers.subject).join(', ') || 'none'
  const timer = setTimeout(() => reject(new Error(`no such mail within ${limitMs} ms; mails caught: ${subjects()}`)), limitMs)
  listeners.add(listener)
  return promise.finally(() => {
    clearTimeout(timer)
    listeners.delete(listener)
  })
}

function createMailServer({ login }: CatcherOptions, mode: () => CatcherMode, take: (mail: CaughtMail) => void): SMTPServer {
  return new SMTPServer({
    disabledCommands: login ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
    allowInsecureAuth: true,
    closeTimeout: 100,
    onAuth: (given, _session, done) => {
      const isRight = given.username === login?.user && given.password === login?.password
      done(isRight ? null : Object.assign(new Error('wrong user or password'), { responseCode: 535 }), { user: given.username })
    },
    onRcptTo: (_address, _session, done) => {
      const answer = mode()
      done(typeof answer === 'number' ? Object.assign(new Error('the catcher was told to refuse'), { responseCode: answer }) : null)
    },
    onData: (stream, session, done) => {
      let raw = ''
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => (raw += text))
      stream.on('end', () => {
        take(toMail(raw, session))
        done()
      })
    },
  })
}

async function listen(server: SMTPServer, port: number): Promise<SMTPServer> {
  server.on('error', () => {})
  await new Promise<void>((resolve, reject) => server.server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return server
}

function toMail(raw: string, { envelope }: SMTPServerSession): CaughtMail {
  const [head = '', ...rest] = raw.split('\r\n\r\n')
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => [line.split(':', 1)[0]?.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const from = envelope.mailFrom ? envelope.mailFrom.address : ''
  return { from, to: envelope.rcptTo.map(({ address }) => address), headers, body: rest.join('\r\n\r\n'), raw }
}
