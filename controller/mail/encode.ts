import { type Field, fieldValue, isNamed, type Message } from './message.ts'

/** Longest line that SMTP carries, without its end. RFC 5321 §4.5.3.1.6 */
const maxLine = 998

/** The message in a form that every server carries: no line too long, no NUL, and 7 bits wherever that can be said. Pure. */
export function encoded(message: Message): Message {
  const fields = message.fields.map(encodedField)
  const { body } = message
  const isEightBit = /[^\0-\x7f]/.test(body)
  const isOdd = body.includes('\0') || isEightBit || hasLongLine(body)
  if (!isOdd) return { fields, body }
  const type = fieldValue(message, 'content-type') ?? ''
  const transfer = (fieldValue(message, 'content-transfer-encoding') ?? '7bit').toLowerCase()
  // What has parts says in each how it is coded: only its lines can be kept short, as Postfix does.
  if (/^(multipart|message)\//i.test(type) || !['7bit', '8bit', 'binary'].includes(transfer))
    return { fields, body: split(body.replaceAll('\0', '')) }
  const kept = fields.filter((field) => !isNamed(field, 'content-transfer-encoding', ...(type === '' ? ['mime-version'] : [])))
  return { fields: [...kept, ...mimeFields(message, type, isEightBit ? charsetOf(body) : 'us-ascii')], body: quotedPrintable(body) }
}

function mimeFields(message: Message, type: string, charset: string): readonly Field[] {
  const hasVersion = type !== '' && fieldValue(message, 'mime-version') !== undefined
  return [
    ...(hasVersion ? [] : [{ name: 'MIME-Version', value: ' 1.0' }]),
    ...(type === '' ? [{ name: 'Content-Type', value: ` text/plain; charset=${charset}` }] : []),
    { name: 'Content-Transfer-Encoding', value: ' quoted-printable' },
  ]
}

function hasLongLine(body: string): boolean {
  return new RegExp(`[^\\n]{${maxLine + 1}}`).test(body)
}

function charsetOf(latin1: string): 'utf-8' | 'iso-8859-1' {
  return isUtf8(latin1) ? 'utf-8' : 'iso-8859-1'
}

function isUtf8(latin1: string): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(latin1, 'latin1'))
    return true
  } catch {
    return false
  }
}

/** A piece that goes on has a blank before it, and is shorter by that. */
function split(body: string): string {
  return body.replace(new RegExp(`[^\\n]{${maxLine + 1},}`, 'g'), (line) =>
    (line.match(new RegExp(`.{1,${maxLine - 1}}`, 'gs')) ?? []).join('\n '),
  )
}

/** RFC 2045 §6.7. */
function quotedPrintable(body: string): string {
  return body.split('\n').map(quotedLine).join('\n')
}

function quotedLine(line: string): string {
  const safe = line.replace(/[^\t\x20-\x3c\x3e-\x7e]/g, escaped).replace(/[\t ]$/, escaped)
  const lines: string[] = []
  let at = 0
  while (safe.length - at > 76) {
    let end = at + 75
    // Never inside of =XX.
    if (safe[end - 1] === '=') end -= 1
    else if (safe[end - 2] === '=') end -= 2
    lines.push(`${safe.slice(at, end)}=`)
    at = end
  }
  return [...lines, safe.slice(at)].join('\n')
}

function escaped(character: string): string {
  return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

const withAddresses = ['from', 'to', 'cc', 'sender', 'reply-to', 'resent-from', 'resent-to', 'resent-cc', 'resent-sender']

function encodedField(field: Field): Field {
  const value = /[^\0-\x7f]/.test(field.value) ? encodedValue(field) : field.value
  return { name: field.name, value: value.split('\n').map(folded).join('\n') }
}

/** RFC 2047: the whole of a text; of addresses, and of fields of MIME, whose parameters must stay readable, only the words that need it. */
function encodedValue(field: Field): string {
  const isMime = /^content-/i.test(field.name)
  if (!isMime && !isNamed(field, ...withAddresses)) return ` ${encodedWords(field.value.replace(/\s*\n\s*/g, ' ').trim())}`
  let end = 0
  return field.value.replace(isMime ? /[^\s<>(),;:"=]+/g : /"(?:[^"\\]|\\.)*"|[^\s<>(),;:"]+/g, (word, at: number) => {
    if (!/[^\0-\x7f]/.test(word)) return word
    // A reader drops the blanks between two encoded words: one that is meant stands in the second.
    const blank = end > 0 && field.value.slice(end, at).trim() === '' ? ' ' : ''
    end = at + word.length
    return encodedWords(blank + (word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word))
  })
}

/** Base64 words of at most 75 characters, none of which cuts a character in two. */
export function encodedWords(latin1: string): string {
  const bytes = Buffer.from(latin1, 'latin1')
  const text = isUtf8(latin1) ? bytes.toString('utf8') : latin1
  const words: string[] = []
  let some = ''
  for (const character of text) {
    if (Buffer.byteLength(some + character) > 42) {
      words.push(some)
      some = ''
    }
    some += character
  }
  return [...words, some].map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\n ')
}

/** Broken at blanks; a word that is too long by itself is cut. */
function folded(line: string): string {
  if (line.length <= maxLine - 110) return line
  const lines: string[] = []
  let rest = line
  while (rest.length > maxLine - 110) {
    const blank = rest.lastIndexOf(' ', 500)
    const at = blank > 1 ? blank : 500
    lines.push(rest.slice(0, at))
    rest = ` ${rest.slice(at).trimStart()}`
  }
  return [...lines, rest].join('\n')
}
