import { domainToASCII } from 'node:url'
import type { Value } from '../../../controller/kinds/zone/rdata.ts'

/** Reads rdata as it was sent (RFC 3597 text of dig +unknownformat), into values as a manifest has them. It shares nothing with the renderer. */
export function decode(type: string, wire: Buffer): unknown {
  const read = readers[type]
  return read === undefined ? wire.toString('hex') : read(createReader(wire))
}

function createReader(wire: Buffer) {
  let at = 0
  const reader = {
    u8: () => wire[at++] as number,
    u16: () => reader.u8() * 256 + reader.u8(),
    bytes: (count: number) => {
      at += count
      return wire.subarray(at - count, at)
    },
    rest: () => reader.bytes(wire.length - at),
    string: () => reader.bytes(reader.u8()).toString(),
    isAtEnd: () => at >= wire.length,
    name: () => {
      let name = ''
      for (let length = reader.u8(); length > 0; length = reader.u8()) name += `${reader.bytes(length).toString('latin1')}.`
      return name === '' ? '.' : name.toLowerCase()
    },
  }
  return reader
}
type Reader = ReturnType<typeof createReader>

const hex = (bytes: Buffer): string => bytes.toString('hex')
const address6 = (bytes: Buffer): string => Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':')
const parameterNames = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint', 'dohpath']

function stringsOf(bytes: Buffer): string {
  const reader = createReader(bytes)
  const all: string[] = []
  while (!reader.isAtEnd()) all.push(reader.string())
  return all.join(',')
}

const parameterReaders: Readonly<Record<string, (bytes: Buffer) => string>> = {
  mandatory: (bytes) => Array.from({ length: bytes.length / 2 }, (_, index) => parameterNames[bytes.readUInt16BE(index * 2)]).join(','),
  alpn: stringsOf,
  port: (bytes) => String(bytes.readUInt16BE(0)),
  ipv4hint: (bytes) => Array.from({ length: bytes.length / 4 }, (_, index) => bytes.subarray(index * 4, index * 4 + 4).join('.')).join(','),
  ipv6hint: (bytes) =>
    Array.from({ length: bytes.length / 16 }, (_, index) => address6(bytes.subarray(index * 16, index * 16 + 16))).join(','),
  ech: (bytes) => bytes.toString('base64'),
}

function service(reader: Reader): unknown {
  const [priority, target] = [reader.u16(), reader.name()]
  const params: Record<string, string> = {}
  while (!reader.isAtEnd()) {
    const number = reader.u16()
    const bytes = reader.bytes(reader.u16())
    const key = parameterNames[number] ?? `key${number}`
    params[key] = parameterReaders[key]?.(bytes) ?? bytes.toString()
  }
  return { priority, target, ...(Object.keys(params).length === 0 ? {} : { params }) }
}

function text(reader: Reader): string {
  const all: Buffer[] = []
  while (!reader.isAtEnd()) all.push(reader.bytes(reader.u8()))
  return Buffer.concat(all).toString()
}

const certificate = (r: Reader) => ({ usage: r.u8(), selector: r.u8(), matching: r.u8(), data: hex(r.rest()) })

const readers: Readonly<Record<string, (reader: Reader) => unknown>> = {
  A: (r) => r.rest().join('.'),
  AAAA: (r) => address6(r.rest()),
  CNAME: (r) => r.name(),
  DNAME: (r) => r.name(),
  NS: (r) => r.name(),
  PTR: (r) => r.name(),
  TXT: text,
  MX: (r) => ({ preference: r.u16(), exchange: r.name() }),
  SRV: (r) => ({ priority: r.u16(), weight: r.u16(), port: r.u16(), target: r.name() }),
  CAA: (r) => ({ flags: r.u8(), tag: r.string(), value: r.rest().toString() }),
  SSHFP: (r) => ({ algorithm: r.u8(), fingerprintType: r.u8(), fingerprint: hex(r.rest()) }),
  TLSA: certificate,
  SMIMEA: certificate,
  DS: (r) => ({ keyTag: r.u16(), algorithm: r.u8(), digestType: r.u8(), digest: hex(r.rest()) }),
  NAPTR: (r) => ({
    order: r.u16(),
    preference: r.u16(),
    flags: r.string(),
    services: r.string(),
    regexp: r.string(),
    replacement: r.name(),
  }),
  HTTPS: service,
  SVCB: service,
  URI: (r) => ({ priority: r.u16(), weight: r.u16(), target: r.rest().toString() }),
  HINFO: (r) => ({ cpu: r.string(), os: r.string() }),
  OPENPGPKEY: (r) => r.rest().toString('base64'),
}

const nameFields = ['exchange', 'target', 'replacement']
const hexFields = ['fingerprint', 'data', 'digest']

/** A value of a manifest in the one form that `decode` has: names absolute, digits in lower case. */
export function canonical(type: string, value: Value, zone: string): unknown {
  if (typeof value === 'string') return canonicalText(type, value, zone)
  return Object.fromEntries(
    Object.entries(value).map(([field, one]) => {
      if (nameFields.includes(field) && type !== 'URI') return [field, absolute(String(one), zone)]
      if (hexFields.includes(field)) return [field, String(one).replaceAll(' ', '').toLowerCase()]
      return [field, field === 'params' ? canonicalParams(one as Readonly<Record<string, string>>) : one]
    }),
  )
}

function canonicalParams(params: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const keys = Object.keys(params).sort((one, other) => parameterNames.indexOf(one) - parameterNames.indexOf(other))
  return Object.fromEntries(keys.map((key) => [key, key === 'ipv6hint' ? full6(params[key] ?? '') : (params[key] ?? '')]))
}

function canonicalText(type: string, value: string, zone: string): string {
  if (['CNAME', 'DNAME', 'NS', 'PTR'].includes(type)) return absolute(value, zone)
  if (type === 'AAAA') return full6(value)
  return type.startsWith('TYPE') ? value.toLowerCase() : value
}

function full6(value: string): string {
  const [head = '', tail] = new URL(`http://[${value}]/`).hostname.slice(1, -1).split('::')
  const words = (part = ''): readonly string[] => (part === '' ? [] : part.split(':'))
  const zeros = Array.from({ length: 8 - words(head).length - words(tail).length }, () => '0')
  return [...words(head), ...zeros, ...words(tail)].join(':')
}

/** As people mean a name in this zone. */
export function absolute(name: string, zone: string): string {
  const ascii = name
    .split('.')
    .map((label) => (/[^\x00-\x7f]/.test(label) ? domainToASCII(label) : label.toLowerCase()))
    .join('.')
  if (name === '@') return zone
  return name.endsWith('.') ? ascii : `${ascii}.${zone}`
}
