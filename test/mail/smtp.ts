import type { AddressInfo, Server } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface Caught {
  readonly to: readonly string[]
  readonly raw: string
}

/** A real SMTP listener on the loopback that keeps what it gets. */
export interface Catcher extends AsyncDisposable {
  readonly port: number
  readonly mails: Caught[]
}

/** Starts it; `more` overrides what smtp-server does. */
export async function catchMails(more: SMTPServerOptions = {}, port = 0): Promise<Catcher> {
  const mails: Caught[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push({ to: session.envelope.rcptTo.map((recipient) => recipient.address), raw: Buffer.concat(chunks).toString() })
        done()
      })
    },
    ...more,
  })
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port: ((server.server as Server).address() as AddressInfo).port,
    mails,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** An error with the SMTP status that the listener then answers. */
export function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
