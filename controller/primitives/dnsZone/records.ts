import { createHash } from 'node:crypto'
import { overShare } from '../../model/share.ts'
import type { Primary } from './spec.ts'

/** What one change does to the records of a zone. A set of one name and type that is in both and differs is an update. */
export interface ZoneChange {
  readonly existing: number
  readonly deleted: readonly string[]
  readonly updated: readonly string[]
  /** Records that are new, or new in their set. */
  readonly added: readonly string[]
}

/** Lines of records: after the SOA's last, without its serial. */
export function recordsIn(after: string): readonly string[] {
  return after
    .slice(after.indexOf(')\n') + 2)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
}

/** `www.example.com. A` of a record. */
export function setOf(line: string): string {
  const [owner = '', , , type = ''] = line.split(' ', 4)
  return `${owner} ${type}`
}

/** The part of a zone file that follows its serial. Text that is not of our shape has none that we know. */
export function afterSerial(content: string): string {
  return /^(?:[^\n]*\n){3}\d{1,10}\n([\s\S]*)$/.exec(content)?.[1] ?? ''
}

export function changeOf(found: string, wanted: string): ZoneChange {
  const [before, after] = [new Set(recordsIn(found)), new Set(recordsIn(wanted))]
  const gone = [...before].filter((line) => !after.has(line))
  const added = [...after].filter((line) => !before.has(line))
  const setsAdded = new Set(added.map(setOf))
  return {
    existing: before.size,
    deleted: gone.filter((line) => !setsAdded.has(setOf(line))),
    updated: gone.filter((line) => setsAdded.has(setOf(line))),
    added,
  }
}

/** Why a person must confirm this change first; undefined where it may go. The hash moves with what goes and with what comes, not with the time. */
export function brakeOf(
  zone: string,
  change: ZoneChange,
  { safety, confirmed }: Pick<Primary, 'safety' | 'confirmed'>,
): string | undefined {
  const { existing, deleted, updated } = change
  if (existing < safety.minExisting) return undefined
  const tooMany = [
    overShare(deleted.length, existing, safety.maxDeletePercent, 'deleted'),
    overShare(updated.length, existing, safety.maxUpdatePercent, 'changed'),
  ].filter((words) => words !== undefined)
  if (tooMany.length === 0) return undefined
  const hash = createHash('sha256')
    .update(JSON.stringify([zone, deleted, updated, change.added]))
    .digest('hex')
    .slice(0, 12)
  return confirmed === hash ? undefined : `${tooMany.join(' and ')}; annotate reeve.dev/confirm=${hash}`
}

/** Types by number (RFC 1035 3.2.2, 3596) that a change is proven by: an address with its data, the others by their count. */
const proven: Readonly<Record<string, number>> = { A: 1, AAAA: 28, TXT: 16, MX: 15, SRV: 33, CAA: 257 }

export interface ProofRecord {
  readonly type: number
  readonly name: string
  readonly count: number
  readonly data?: string
}

/** Up to three sets that this change touches and that a client can see: nothing below a delegation or a DNAME, nothing that a wildcard answers for. */
export function proofsOf(change: ZoneChange, wanted: string): readonly ProofRecord[] {
  const lines = recordsIn(wanted)
  const sets = Map.groupBy(lines, setOf)
  const hidden = lines.filter((line) => /^\S+ \d+ IN (NS|DNAME) /.test(line)).map((line) => line.slice(0, line.indexOf(' ')))
  const apex = hidden.reduce((short, one) => (short === '' || one.length < short.length ? one : short), '')
  const isSeen = (name: string) =>
    !name.startsWith('*') && !hidden.some((cut) => cut !== apex && (name === cut || name.endsWith(`.${cut}`)))
  const touched = [...new Set([...change.added, ...change.updated].map(setOf))]
  return touched
    .flatMap((set): readonly ProofRecord[] => {
      const [name = '', type = ''] = set.split(' ')
      const number = proven[type]
      const records = sets.get(set) ?? []
      if (number === undefined || !isSeen(name) || records.length === 0) return []
      return [{ type: number, name, count: records.length, ...dataOf(type, records) }]
    })
    .slice(0, 3)
}

function dataOf(type: string, records: readonly string[]): { readonly data?: string } {
  const values = records.map((line) => line.slice(line.lastIndexOf(' ') + 1))
  if (type === 'A') return { data: hexOf(values, (value) => value.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))) }
  if (type === 'AAAA') return { data: hexOf(values, (value) => value.split(':').map((part) => part.padStart(4, '0'))) }
  return {}
}

function hexOf(values: readonly string[], partsOf: (value: string) => readonly string[]): string {
  return values
    .map((value) => partsOf(value).join(''))
    .sort()
    .join(',')
}
