import type { FieldChange } from '../model/change.ts'
import type { HistoryEntry, HistorySort } from '../model/history.ts'
import { printable, utc } from './mails.ts'
import { visible } from './visible.ts'

/** A line for each entry, and one more for each field that drifted. */
export function historyText(entries: readonly HistoryEntry[]): string {
  if (entries.length === 0) return 'nothing is remembered of that\n'
  return entries.map((entry) => visible(lineOf(entry))).join('')
}

function lineOf({ atSeconds, sort, subject, detail }: HistoryEntry): string {
  const [first = '', ...more] = said[sort](fieldsOf(detail))
  const head = `${utc(atSeconds)}  ${sort.padEnd(10)}  ${sort === 'commit' ? subject.slice(0, 12) : subject}  ${first}`.trimEnd()
  return [head, ...more.map((line) => `    ${line}`)].map((line) => `${printable(line)}\n`).join('')
}

type Detail = Readonly<Record<string, unknown>>

function fieldsOf(detail: unknown): Detail {
  return typeof detail === 'object' && detail !== null ? (detail as Detail) : {}
}

/** What an entry of each sort says; the first line stands with its head. */
const said: Readonly<Record<HistorySort, (detail: Detail) => readonly string[]>> = {
  commit: ({ author, subject, errors }) => [`${text(author)}: ${text(subject)}${Number(errors) > 0 ? ` (${Number(errors)} errors)` : ''}`],
  reconcile: ({ status, message, changed }) => [
    [text(status), text(message)].filter((word) => word !== '').join(': '),
    ...listOf(changed).map(text),
  ],
  drift: ({ item, fields }) => [text(item), ...(listOf(fields) as readonly FieldChange[]).map(fieldText)],
  mail: ({ subject }) => [text(subject)],
  approval: ({ by }) => [`by ${text(by)}`],
  silence: ({ what, by, reason }) => [withReason(`${text(what)} by ${text(by)}`, reason)],
  suspension: ({ what, by, reason, untilSeconds }) => [
    withReason(`${text(what)}${typeof untilSeconds === 'number' ? ` until ${utc(untilSeconds)}` : ''}${byWhom(by)}`, reason),
  ],
  webhook: ({ branch, commit }) => [`push to ${text(branch)}${text(commit) === '' ? '' : `, now at ${text(commit).slice(0, 12)}`}`],
  command: ({ what, by }) => [`${text(what)} by ${text(by)}`],
}

function withReason(words: string, reason: unknown): string {
  return text(reason) === '' ? words : `${words}: ${text(reason)}`
}

/** What only time brought was done by nobody. */
function byWhom(by: unknown): string {
  return text(by) === '' ? '' : ` by ${text(by)}`
}

const longest = 60

function fieldText({ field, before, after }: FieldChange): string {
  return `${field}: ${short(before)} -> ${short(after)}`
}

function short(value: string | undefined): string {
  if (value === undefined) return 'nothing'
  return JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value)
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
