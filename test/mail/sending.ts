import type { Hub } from '../../controller/mail/hub.ts'
import { createMailer, type Mailer, type MailerDependencies } from '../../controller/mail/mailer.ts'
import type { Mail } from '../../controller/model/mail.ts'

/** A clock that a test moves. */
export interface Clock {
  seconds: number
}

type Changes = Partial<Omit<MailerDependencies, 'smarthost'>> & {
  readonly smarthost?: Partial<MailerDependencies['smarthost']>
  readonly hub?: Partial<Hub>
}

/** A mailer to a port of the loopback, right in everything but what the test changes. */
export function mailerTo(port: number, dir: string, clock: Clock, { hub, ...changes }: Changes = {}): Promise<Mailer> {
  return createMailer({
    dir,
    retry: { firstSeconds: 10, maxSeconds: 100, giveUpSeconds: 5000 },
    log: { debug() {}, info() {}, warn() {}, error() {} },
    nowSeconds: () => clock.seconds,
    ...changes,
    smarthost: {
      hubs: [{ host: '127.0.0.1', port, tls: 'none', ...hub }],
      from: 'Reeve <reeve@ops.example>',
      to: ['ann@example.org'],
      timeoutMs: 1000,
      ...changes.smarthost,
    },
  })
}

export function mailOf(id: string, changes: Partial<Mail> = {}): Mail {
  return { id, references: [], subject: `[reeve] ${id}`, text: 'words', ...changes }
}
