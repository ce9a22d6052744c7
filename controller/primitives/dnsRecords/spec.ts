import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import { type ZoneSafety, zonePath } from '../dnsZone/spec.ts'

/** All records of one name and type. */
export interface RecordSet {
  /** Absolute and in lower case. */
  readonly name: string
  /** `A`, `TYPE65534`. */
  readonly type: string
  readonly ttl: number
  /** As a zone file has them. */
  readonly values: readonly string[]
}

/** The SOA without its serial, which is the server's. */
export interface StartOfZone {
  readonly ttl: number
  /** Master and mail address, absolute. */
  readonly names: readonly [master: string, responsible: string]
  /** Refresh, retry, expire, minimum. */
  readonly times: readonly [number, number, number, number]
}

/** Records of ours in a zone that others update too (RFC 2136): what they put there is not looked at. */
export interface DnsRecordsSpec extends Spec<'dnsRecords'> {
  readonly zone: string
  /** Where its primary is asked and updated, from its own target. */
  readonly ask: { readonly address: string; readonly port: number }
  readonly soa: StartOfZone
  readonly sets: readonly RecordSet[]
  readonly safety: ZoneSafety
  readonly confirmed?: string
}

export type WantedRecords = Omit<DnsRecordsSpec, 'type' | 'id' | 'ask'> & Partial<Pick<DnsRecordsSpec, 'ask'>>

/** Records of ours as they shall be. Throws on what kinds check first. */
export function dnsRecords({ ask = { address: '127.0.0.1', port: 53 }, ...wanted }: WantedRecords): DnsRecordsSpec {
  const odd = wanted.sets.find(({ type, name }) => typeNumber(type) === undefined || !/^(\*\.)?([a-z0-9_/-]{1,63}\.)+$/.test(name))
  if (odd !== undefined) throw new Error(`not a set of records: ${JSON.stringify(odd)}`)
  return { ...wanted, ask, type: 'dnsRecords', id: primitiveId('dnsRecords', wanted.zone) }
}

/** Registry of RFC 6895 3.1, as far as Zone has names for. */
const numbers: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  DS: 43,
  SSHFP: 44,
  TLSA: 52,
  SMIMEA: 53,
  OPENPGPKEY: 61,
  SVCB: 64,
  HTTPS: 65,
  URI: 256,
  CAA: 257,
}

export const soaNumber = 6

export function typeNumber(type: string): number | undefined {
  const raw = /^TYPE([1-9]\d{0,4})$/.exec(type)?.[1]
  return raw === undefined ? numbers[type] : Number(raw)
}

/** `A`, or `TYPE65534` for a number without a name here. nsupdate(1) reads both. */
export function typeName(number: number): string {
  return Object.entries(numbers).find(([, one]) => one === number)?.[0] ?? `TYPE${number}`
}

/** What is ours in the zone, as the server had it after our last update: named writes the zone's own file anew, without our mark. */
export function oursPath(zone: string): string {
  return `${zonePath(zone)}.ours`
}
