import { encoded } from './encode.ts'
import { bytesOf, rfc5322 } from './letter.ts'
import type { Addition } from './mailer.ts'
import { readMessage } from './message.ts'
import type { Spooled } from './spool.ts'

interface BounceRules {
  readonly domain: string
  readonly hostname: string
}

/** What goes back to the sender of a letter that somebody will never get; nothing where it has no sender, or the sender is who does not get it. Pure. */
export function bounceOf(entry: Spooled, message: Buffer, { domain, hostname }: BounceRules, nowSeconds: number): Addition | undefined {
  const { letter, mail, refused = [], remaining = [], lastError = '' } = entry
  const lost = [...refused, ...remaining.map((recipient) => ({ recipient, reply: lastError }))]
  if (letter === undefined || letter.from === '' || lost.some(({ recipient }) => recipient === letter.from)) return undefined
  const id = `bounce.${mail.id}`.slice(0, 100)
  const read = readMessage(message)
  const header = read.ok ? read.message.fields.map(({ name, value }) => `${name}:${value}`).join('\n') : ''
  const body = [
    `This is ${hostname}. A mail of yours did not reach everybody it was for, and`,
    'will not be tried again:',
    '',
    ...lost.map(({ recipient, reply }) => `  ${recipient}\n    ${asBytes(reply.replaceAll(/[\0-\x1f\x7f]+/g, ' ').slice(0, 500))}`),
    '',
    'Its header was:',
    '',
    header.slice(0, 10_000),
    '',
  ].join('\n')
  const field = (name: string, value: string) => ({ name, value: ` ${value}` })
  const whole = encoded({
    fields: [
      field('From', `Mail Delivery System <MAILER-DAEMON@${domain}>`),
      field('To', letter.from),
      field('Subject', 'Undelivered mail returned to sender'),
      field('Date', rfc5322(nowSeconds)),
      field('Message-ID', `<${id}@${hostname}>`),
      // RFC 3834: nobody answers this by itself.
      field('Auto-Submitted', 'auto-replied'),
    ],
    body,
  })
  const subject = 'Undelivered mail returned to sender'
  return { mail: { id, references: [], subject, text: '' }, letter: { from: '', to: [letter.from] }, message: bytesOf(whole) }
}

/** In a message each byte is a character; what a server says was read as UTF-8. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1')
}
