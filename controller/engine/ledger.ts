import { createHash } from 'node:crypto'
import type { PrimitiveId } from '../model/ids.ts'
import { type Ledger, type LedgerEntry, type LedgerHeader, ledgerFormat, ledgerKey } from '../model/ledger.ts'
import type { FieldValue } from '../model/primitive.ts'
import { keyedHash, Secret } from '../shell/secret.ts'

/** What a ledger's text turned out to be. */
export type LedgerReading =
  | { readonly status: 'read'; readonly ledger: Ledger; readonly lines: number }
  | { readonly status: 'none' }
  /** Damaged in the middle, or of a newer format: nothing may be changed on its word. */
  | { readonly status: 'unreadable'; readonly reason: string }

/**
 * Reads NDJSON as docs/protocol.md defines it. What was torn by a power cut while appending is ignored: a last line without its end, and
 * whatever follows a NUL byte, which a filesystem shows where it had noted the new length and not yet written the text.
 */
export function parseLedger(text: string): LedgerReading {
  const lines = (text.split('\0', 1)[0] ?? '').split('\n')
  lines.pop()
  // The first line is flushed before the first step: torn, nothing was done yet.
  if (lines.length === 0) return { status: 'none' }
  let entries = new Map<string, LedgerEntry>()
  let header: LedgerHeader | undefined
  for (const [index, line] of lines.entries()) {
    const record = parseLine(line)
    if (record === undefined) return { status: 'unreadable', reason: `line ${index + 1} is damaged` }
    if ('format' in record) {
      if (header !== undefined) entries = renamed(entries, header.hypervisor, record.hypervisor)
      header = record
    } else if (header !== undefined && !isOn(header, 'removed' in record ? record.removed.target : record.target))
      return { status: 'unreadable', reason: `line ${index + 1} speaks of another host` }
    else if ('removed' in record) entries.delete(ledgerKey(record.removed.target, record.removed.id))
    else entries.set(ledgerKey(record.target, record.id), record)
  }
  if (header === undefined) return { status: 'unreadable', reason: 'it has no header' }
  if (header.format > ledgerFormat)
    return { status: 'unreadable', reason: `it has format ${header.format}, written by a newer Reeve; this one knows ${ledgerFormat}` }
  return { status: 'read', ledger: { header, entries }, lines: lines.length }
}

/** A takeover under another name: what the host held as the one it holds as the other. */
function renamed(entries: Map<string, LedgerEntry>, from: string, to: string): Map<string, LedgerEntry> {
  if (from === to) return entries
  const moved = [...entries.values()].map((entry) => ({ ...entry, target: `${to}${entry.target.slice(from.length)}` }))
  return new Map(moved.map((entry) => [ledgerKey(entry.target, entry.id), entry]))
}

function isOn({ hypervisor }: LedgerHeader, target: string): boolean {
  return target === hypervisor || target.startsWith(`${hypervisor}/`)
}

type LedgerRecord = LedgerHeader | LedgerEntry | { readonly removed: { readonly target: string; readonly id: PrimitiveId } }

function parseLine(line: string): LedgerRecord | undefined {
  try {
    const value = JSON.parse(line) as Record<string, unknown>
    if (typeof value['reeve'] === 'number') return parseHeader(value)
    if (isFields(value['removed'])) return isPlace(value['removed']) ? (value as LedgerRecord) : undefined
    return isEntry(value) ? (value as unknown as LedgerEntry) : undefined
  } catch {
    return undefined
  }
}

type Fields = Readonly<Record<string, unknown>>

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A target and an id that the rest of the program can rely on: they end up in paths and in names of containers. */
function isPlace({ target, id }: Fields): boolean {
  return (
    typeof target === 'string' &&
    /^[a-z0-9][a-z0-9-]{0,62}(\/(openvz:[1-9][0-9]{0,9}|[A-Za-z0-9][-A-Za-z0-9_.]{0,62}))?$/.test(target) &&
    typeof id === 'string' &&
    /^[A-Za-z]+:[^\0-\x1f\x7f]+$/.test(id)
  )
}

function isEntry(value: Fields): boolean {
  const { owners, files, versions, fields, previous, deletionPolicy, state, commit } = value
  const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every((each) => typeof each === 'string')
  return (
    isPlace(value) &&
    areTexts(owners) &&
    areTexts(files) &&
    (versions === undefined || (isFields(versions) && areTexts(Object.values(versions)))) &&
    isFields(fields) &&
    areTexts(Object.values(fields)) &&
    (previous === undefined || typeof previous === 'string') &&
    ['Retain', 'Unmount', 'Delete'].includes(String(deletionPolicy)) &&
    ['begun', 'done', 'undone'].includes(String(state)) &&
    typeof commit === 'string'
  )
}

function parseHeader(value: Record<string, unknown>): LedgerHeader | undefined {
  const { reeve, generation, fleet, hypervisor, machineId, epoch, commit } = value
  // What the host's shell cannot count in digits is no number of ours.
  if (![reeve, generation, epoch].every((number) => Number.isSafeInteger(number) && Number(number) >= 0)) return undefined
  if (typeof generation !== 'number' || typeof fleet !== 'string' || typeof hypervisor !== 'string') return undefined
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(hypervisor)) return undefined
  if (typeof machineId !== 'string' || typeof epoch !== 'number' || typeof commit !== 'string') return undefined
  return { format: reeve as number, generation, fleet, hypervisor, machineId, epoch, commit }
}

/** One header line. `reeve` and `generation` come first: the host reads them with sed(1). */
export function headerLine(header: LedgerHeader): string {
  const { format, generation, fleet, hypervisor, machineId, epoch, commit } = header
  return JSON.stringify({ reeve: format, generation, epoch, fleet, hypervisor, machineId, commit })
}

export function entryLine(entry: LedgerEntry): string {
  return JSON.stringify(entry)
}

export function removedLine(target: string, id: string): string {
  return JSON.stringify({ removed: { target, id } })
}

/** The ledger written anew, without its past. */
export function compactLedger(ledger: Ledger): string {
  const entries = [...ledger.entries.keys()].sort().map((key) => ledger.entries.get(key))
  return `${[headerLine(ledger.header), ...entries.flatMap((entry) => (entry ? [entryLine(entry)] : []))].join('\n')}\n`
}

/** Hash of one field for the ledger: short, and keyed by the fleet's name where the value is secret. */
export function hashField(value: FieldValue, key: string): string {
  const hex = value instanceof Secret ? keyedHash(value, key) : createHash('sha256').update(value).digest('hex')
  return hex.slice(0, 16)
}

export function hashFields(fields: Readonly<Record<string, FieldValue>>, key: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, hashField(value, key)]),
  )
}
