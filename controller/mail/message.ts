/** A message as it came: header fields, and what follows them. Bytes are latin1 characters, so that none is lost. */
export interface Message {
  readonly fields: readonly Field[]
  /** Lines end with LF. */
  readonly body: string
}

export interface Field {
  readonly name: string
  /** After the colon, with its folds (`\n` and blanks) as they stood; no line feed at the end. */
  readonly value: string
}

export type MessageReading = { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly reason: string }

const maxHeaderBytes = 262_144
const fieldLine = /^([\x21-\x39\x3b-\x7e]{1,100})[ \t]*:(.*)$/s

/**
 * Takes a message apart, as sendmail(8) does: a text that does not begin with a header field is all body; an mbox "From " line is dropped. Refuses what could
 * bring header lines in that nobody wrote: a carriage return or NUL inside the header. Pure.
 */
export function readMessage(bytes: Buffer): MessageReading {
  const text = bytes.toString('latin1').replaceAll('\r\n', '\n')
  const from = /^>?From [^\n]*\n/.exec(text)
  const rest = from === null ? text : text.slice(from[0].length)
  const { lines, body } = headerLines(rest)
  const size = lines.reduce((sum, line) => sum + line.length + 1, 0)
  if (size > maxHeaderBytes) return { ok: false, reason: `its header has ${size} bytes; at most ${maxHeaderBytes} are taken` }
  const bad = lines.findIndex((line) => /[\r\0]/.test(line))
  if (bad !== -1) {
    const what = lines[bad]?.includes('\0') ? 'a NUL byte' : 'a carriage return'
    return { ok: false, reason: `line ${bad + 1 + (from === null ? 0 : 1)} of its header has ${what} in it` }
  }
  return { ok: true, message: { fields: fieldsOf(lines), body: body.replaceAll('\r', '\n') } }
}

/** The header ends at an empty line, or where a line is none of it. */
function headerLines(text: string): { readonly lines: readonly string[]; readonly body: string } {
  const lines: string[] = []
  let at = 0
  while (at < text.length) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end === -1 ? text.length : end)
    const next = end === -1 ? text.length : end + 1
    if (line === '') return { lines, body: text.slice(lines.length === 0 ? at : next) }
    if (!fieldLine.test(line) && !(lines.length > 0 && /^[ \t]/.test(line))) return { lines, body: text.slice(at) }
    lines.push(line)
    at = next
  }
  return { lines, body: '' }
}

function fieldsOf(lines: readonly string[]): readonly Field[] {
  const fields: { name: string; value: string }[] = []
  for (const line of lines) {
    const match = /^[ \t]/.test(line) ? null : fieldLine.exec(line)
    const last = fields.at(-1)
    if (match) fields.push({ name: match[1] ?? '', value: match[2] ?? '' })
    // A fold of nothing but blanks would end the header for some readers.
    else if (last && line.trim() !== '') last.value += `\n${line}`
  }
  return fields
}

export function isNamed(field: Field, ...names: readonly string[]): boolean {
  return names.includes(field.name.toLowerCase())
}

export function fieldValue({ fields }: Message, name: string): string | undefined {
  return fields.find((field) => isNamed(field, name))?.value.trim()
}
