import type { CaughtMail } from '../smtp-catcher.ts'

const shownLines = 40

/** A mail as it is shown: a box of its subject and text, which is cut where it is long. */
export function mailLines(mail: CaughtMail): readonly string[] {
  const body = textOf(mail).trimEnd().split(/\r?\n/)
  const more = body.length > shownLines ? [`… ${body.length - shownLines} more lines`] : []
  const text = ['', ...body.slice(0, shownLines), ...more].map((line) => `  │ ${line}`.trimEnd())
  return [`  ┌─ mail to ${mail.to.join(', ')}`, `  │ Subject: ${subjectOf(mail)}`, ...text, '  └─']
}

/** The subject in words (RFC 2047 decoded). */
export function subjectOf({ headers }: CaughtMail): string {
  const joined = (headers['subject'] ?? '').replace(/\?=\s+=\?/g, '?==?')
  return joined.replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_all, way: string, text: string) =>
    way.toLowerCase() === 'b' ? Buffer.from(text, 'base64').toString() : unquote(text.replaceAll('_', ' ')),
  )
}

/** The text, its transfer encoding (RFC 2045) undone. */
export function textOf({ headers, body }: CaughtMail): string {
  const encoding = headers['content-transfer-encoding']?.toLowerCase()
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  return encoding === 'quoted-printable' ? unquote(body) : body
}

function unquote(text: string): string {
  const bytes = text
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
