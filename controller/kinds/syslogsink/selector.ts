import { nearest } from '../../model/nearest.ts'
import type { Parsing } from '../../model/quantity.ts'

/** Facilities by number (RFC 5424, table 1); 12 to 15 have no name that rsyslog knows. */
export const facilities = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['', '', '', ''],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
] as const
/** Severities by number (RFC 5424, table 2): the lower, the worse. */
export const severities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const
const aliases: Readonly<Record<string, string>> = { security: 'auth', panic: 'emerg', error: 'err', warn: 'warning' }

/** What a selector lets through: for each facility, the severities as bits. */
export type Selection = readonly number[]

const everySeverity = 0xff

export interface Selector {
  /** In lower case, with the names of this page. */
  readonly text: string
  readonly selection: Selection
}

/** A selector as rsyslog.conf(5) has it: `facility[,facility].[!][=]severity`, several of them with `;`, of which a later one can take away. */
export function readSelector(written: string): Parsing<Selector> {
  const selection = facilities.map(() => 0)
  const texts: string[] = []
  for (const part of written.toLowerCase().replaceAll(' ', '').split(';')) {
    const read = readPart(part)
    if (!read.ok) return read
    texts.push(read.value.text)
    for (const facility of read.value.facilities) selection[facility] = read.value.change(selection[facility] ?? 0)
  }
  if (selection.every((bits) => bits === 0)) return { ok: false, reason: `${JSON.stringify(written)} matches no message` }
  return { ok: true, value: { text: texts.join(';'), selection } }
}

interface Part {
  readonly text: string
  readonly facilities: readonly number[]
  change(before: number): number
}

function readPart(part: string): Parsing<Part> {
  const [left = '', right = '', ...more] = part.split('.')
  if (left === '' || right === '' || more.length > 0) {
    return { ok: false, reason: `${JSON.stringify(part)} is no selector: facility.severity expected, such as "mail.err" or "*.crit"` }
  }
  const names = left.split(',').map((name) => aliases[name] ?? name)
  for (const name of names) {
    if (name !== '*' && (name === '' || !facilities.some((one) => one === name))) return unknown('facility', name, known(facilities))
  }
  const read = readSeverity(right)
  if (!read.ok) return read
  const isAsked = (_: string, index: number) => names.includes('*') || names.includes(facilities[index] ?? '')
  const asked = facilities.flatMap((name, index) => (isAsked(name, index) ? [index] : []))
  return { ok: true, value: { text: `${names.join(',')}.${read.value.text}`, facilities: asked, change: read.value.change } }
}

function readSeverity(written: string): Parsing<Pick<Part, 'text' | 'change'>> {
  const [, not = '', only = '', name = ''] = /^(!?)(=?)([^!=]*)$/.exec(written) ?? []
  if (written === 'none') return { ok: true, value: { text: 'none', change: () => 0 } }
  // What rsyslogd makes of =* (nothing) and !* is not what sysklogd made of it.
  if (name === 'none' || (name === '*' && written !== '*'))
    return { ok: false, reason: `${JSON.stringify(written)}: ${name} stands without ! and =` }
  const severity = severities.indexOf((aliases[name] ?? name) as (typeof severities)[number])
  if (name !== '*' && severity < 0) return unknown('severity', name === '' ? written : name, [...severities, 'none'])
  const bits = name === '*' ? everySeverity : only === '' ? (2 << severity) - 1 : 1 << severity
  const text = `${not}${only}${name === '*' ? '*' : severities[severity]}`
  return { ok: true, value: { text, change: (before) => (not === '' ? before | bits : before & ~bits) } }
}

function known(names: readonly string[]): readonly string[] {
  return names.filter((name) => name !== '')
}

function unknown(what: string, name: string, all: readonly string[]): { readonly ok: false; readonly reason: string } {
  const [meant] = nearest(name, all)
  const hint = meant === undefined ? `one of ${all.join(' ')}` : `did you mean ${meant}?`
  return { ok: false, reason: `unknown ${what} ${JSON.stringify(name)}; ${hint}` }
}

/** What any of several selections lets through. */
export function union(selections: readonly Selection[]): Selection {
  return facilities.map((_, facility) => selections.reduce((bits, one) => bits | (one[facility] ?? 0), 0))
}

export function isSelected(selection: Selection, facility: number, severity: number): boolean {
  return ((selection[facility] ?? 0) & (1 << severity)) !== 0
}
