import type { Diagnostic } from '../model/manifest.ts'

/** One `key=value` of an ssmtp.conf, and where it stands. */
export interface ConfLine {
  readonly key: string
  /** What ssmtp takes for it: up to the first blank or `#`. AddHeader: the rest of the line, up to `#`. */
  readonly value: string
  readonly line: number
  readonly keyColumn: number
  readonly valueColumn: number
}

export interface ConfReading {
  readonly lines: readonly ConfLine[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Where a finding of a plain text file stands. */
export function findingAt(file: string, line: number, column: number) {
  return (severity: Diagnostic['severity'], path: string, summary: string, hint?: string): Diagnostic => ({
    severity,
    at: { file, line, column },
    path,
    summary,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** Keys whose value may hold blanks: ssmtp reads it to the end of the line. */
const wholeLine = ['addheader']
/** Keys whose value is never shown. */
const secret = ['authpass']

/**
 * The lines of an ssmtp.conf as ssmtp 2.64 cuts them (`firsttok` with `= TAB SPACE`, everything from `#` on a comment), and each place where what it
 * reads is not what stands there. Pure.
 */
export function readConfLines(file: string, text: string): ConfReading {
  if (text.includes('\0')) return { lines: [], diagnostics: [findingAt(file, 0, 0)('error', '', 'a NUL byte; this is no text file')] }
  const all = text.split('\n')
  const read = all.map((raw, index) => readLine(file, raw.replace(/\r$/, ''), index + 1))
  const last = all.at(-1) ?? ''
  const cutOff = findingAt(file, all.length, 1)(
    'warning',
    '',
    'the last line has no line feed, and ssmtp itself would not read it',
    'end it with one',
  )
  const returns = all.findIndex((raw) => raw.endsWith('\r'))
  const dos = findingAt(file, returns + 1, (all[returns] ?? '').length)(
    'warning',
    '',
    'lines end with a carriage return, which ssmtp would take for a part of the value',
    'write the file with line feeds alone (dos2unix)',
  )
  return {
    lines: read.flatMap(({ line }) => line ?? []),
    diagnostics: [
      ...read.flatMap(({ diagnostics }) => diagnostics),
      ...(last.trim() !== '' && !/^\s*#/.test(last) ? [cutOff] : []),
      ...(returns === -1 ? [] : [dos]),
    ],
  }
}

function readLine(file: string, raw: string, number: number): { readonly line?: ConfLine; readonly diagnostics: readonly Diagnostic[] } {
  const body = raw.split('#')[0] ?? ''
  if (body.trim() === '') return { diagnostics: [] }
  const match = /^([= \t]*)([^= \t]+)([= \t]*)(.*)$/s.exec(body)
  const keyColumn = (match?.[1] ?? '').length + 1
  if (match === null || !body.includes('=')) {
    const say = findingAt(file, number, keyColumn)
    return {
      diagnostics: [say('error', '', `there is no "=" in this line, and ssmtp passes over it`, 'write key=value, or # before a comment')],
    }
  }
  const [, , key = '', , rest = ''] = match
  const valueColumn = body.length - rest.length + 1
  const value = wholeLine.includes(key.toLowerCase()) ? rest.trim() : (/^[^= \t]*/.exec(rest)?.[0] ?? '')
  const line = { key, value, line: number, keyColumn, valueColumn }
  return { line, diagnostics: cuts(file, raw, line, rest) }
}

/** Where ssmtp ends a value although something of it still follows. */
function cuts(file: string, raw: string, { key, value, line, valueColumn }: ConfLine, rest: string): readonly Diagnostic[] {
  const isSecret = secret.includes(key.toLowerCase())
  const after = rest.slice(value.length)
  const isWhole = wholeLine.includes(key.toLowerCase())
  const cutColumn = valueColumn + value.length
  const hint = isSecret
    ? 'write the password alone into a file that root may read, and its path as AuthPassFile='
    : 'ssmtp.conf knows no quotes'
  const say = findingAt(file, line, cutColumn)
  const what = isSecret ? '' : `; it reads only ${JSON.stringify(value)}`
  if (!isWhole && after.trim() !== '') return [say('error', key, `ssmtp ends this value at ${nameOf(after)}${what}`, hint)]
  // A blank before # makes it a comment for people too; in a password it may still be a part.
  const isGlued = raw[cutColumn - 1] === '#'
  const isCommented = raw.length > rest.length + valueColumn - 1
  if (isGlued || (isSecret && isCommented)) return [say(isSecret ? 'error' : 'warning', key, `ssmtp ends this value at "#"${what}`, hint)]
  return []
}

function nameOf(text: string): string {
  if (text.startsWith('\t')) return 'a tab'
  return text.startsWith(' ') ? 'a blank' : `"${text[0]}"`
}
