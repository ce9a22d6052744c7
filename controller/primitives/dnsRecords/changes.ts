import type { FoundSet } from '../../shell/dnsTransfer.ts'
import { sha256 } from '../../shell/inspect.ts'
import { type DnsRecordsState, keyOfSet } from './probe.ts'
import { type DnsRecordsSpec, type RecordSet, type StartOfZone, soaNumber, typeName } from './spec.ts'

/** One set that an update touches. */
export interface SetChange {
  readonly name: string
  readonly type: string
  readonly found: FoundSet | undefined
  /** Undefined: it goes. */
  readonly wanted: RecordSet | undefined
  /** It stands there and we never put it there: whether it is equal is for the server to say. */
  readonly isForeign: boolean
}

/** What is not as it shall be, in order of the manifest; then what was ours and is wanted no more. */
export function changesOf(spec: DnsRecordsSpec, { found, remembered }: DnsRecordsState): readonly SetChange[] {
  const keys = new Set(spec.sets.map(keyOfSet))
  const wanted = spec.sets.flatMap((set): readonly SetChange[] => {
    const key = keyOfSet(set)
    const [now, ours] = [found.get(key), remembered.get(key)]
    if (ours !== undefined && ours.wanted === hashOf(set) && now !== undefined && isEqual(now, ours)) return []
    return [{ name: set.name, type: set.type, found: now, wanted: set, isForeign: now !== undefined && ours === undefined }]
  })
  const gone = [...remembered].filter(([key]) => !keys.has(key))
  return [
    ...wanted,
    ...gone.map(([key, { type, name }]) => ({ name, type: typeName(type), found: found.get(key), wanted: undefined, isForeign: false })),
  ]
}

/** Sixteen digits are enough to tell one wish from the next. */
export function hashOf({ ttl, values }: RecordSet): string {
  return sha256(JSON.stringify([ttl, [...values].sort()])).slice(0, 16)
}

function isEqual(one: FoundSet, other: FoundSet): boolean {
  return one.ttl === other.ttl && one.data.join() === other.data.join()
}

/** The SOA that is there, where it is not as wanted. Its serial is the server's. */
export function soaOf({ zone, soa }: DnsRecordsSpec, { found }: DnsRecordsState): FoundSet | undefined {
  const now = found.get(`${soaNumber} ${zone}`)
  const [data = ''] = now?.data ?? []
  const isSame = now?.ttl === soa.ttl && `${data.slice(0, -40)}${data.slice(-32)}`.toLowerCase() === wireOf(soa)
  return isSame ? undefined : now
}

export function serialOf({ data: [data = ''] }: FoundSet): number {
  return Number.parseInt(data.slice(-40, -32), 16)
}

function wireOf({ names, times }: StartOfZone): string {
  return names.map(nameWire).join('') + times.map((one) => one.toString(16).padStart(8, '0')).join('')
}

/** A name as it is sent (RFC 1035 3.1), in hexadecimal; a dot within a label stands behind a backslash. */
export function nameWire(name: string): string {
  const labels = (name.match(/(?:\\.|[^.\\])+/g) ?? []).map((label) => Buffer.from(label.replaceAll('\\', '').toLowerCase()))
  return `${labels.map((label) => label.length.toString(16).padStart(2, '0') + label.toString('hex')).join('')}00`
}

/** A set for people: addresses and texts as they are, the rest as RFC 3597 5 writes what it does not know. */
export function shown(set: FoundSet | undefined): string | undefined {
  return set && `${set.ttl} ${set.data.map((data) => dataText(set.type, data)).join(', ')}`
}

function dataText(type: number, data: string): string {
  const bytes = Buffer.from(data, 'hex')
  if (type === 1 && bytes.length === 4) return [...bytes].join('.')
  if (type === 16) return JSON.stringify(stringsOf(bytes))
  return generic(data)
}

function stringsOf(bytes: Buffer): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at] ?? 0)) parts.push(bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)).toString())
  return parts.join('')
}

export function generic(data: string): string {
  return `\\# ${data.length / 2}${data === '' ? '' : ` ${data}`}`
}
