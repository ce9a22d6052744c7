import { parseIpv4, parseIpv6 } from '../../model/address.ts'
import { isHostName, type Name, targetName } from './names.ts'
import type { ZoneSpec } from './spec.ts'
import { quoted, quotedStrings } from './text.ts'

export type ZoneRecord = NonNullable<ZoneSpec['records']>[number]
export type Value = ZoneRecord['values'][number]
type Fields = Exclude<Value, string>

/** A value as the zone file has it, and the hosts that it names. */
export interface Rdata {
  readonly text: string
  /** Names whose addresses a client will want. */
  readonly hosts: readonly { readonly name: string; readonly field: string }[]
}

/** `field` of the value that is wrong; absent for the value as a whole. */
export interface Problem {
  readonly problem: string
  readonly field?: string
}

export type Reading = Rdata | Problem
type Reader = (value: Value, zone: string) => Reading

export function isProblem<T extends object>(reading: T | Problem): reading is Problem {
  return 'problem' in reading
}

const plain = (text: string): Rdata => ({ text, hosts: [] })
const wrong = (problem: string, field?: string): Problem => (field === undefined ? { problem } : { problem, field })

function ofText(read: (text: string, zone: string) => Reading): Reader {
  return (value, zone) => (typeof value === 'string' ? read(value, zone) : wrong('must be text'))
}

/** Of fields: the named ones must be there, and no others. */
function ofFields(
  names: readonly (keyof Fields)[],
  read: (fields: Required<Fields>, zone: string) => Reading,
  more: readonly (keyof Fields)[] = [],
): Reader {
  return (value, zone) => {
    if (typeof value === 'string') return wrong(`must have the fields ${names.join(', ')}`)
    const missing = names.find((name) => value[name] === undefined)
    if (missing !== undefined) return wrong(`the field "${missing}" is missing`, missing)
    const odd = Object.keys(value).find((name) => ![...names, ...more].includes(name as keyof Fields))
    return odd === undefined ? read(value as Required<Fields>, zone) : wrong(`"${odd}" is no field of this type`, odd)
  }
}

function named(text: string, zone: string, field: string | undefined, then: (name: string) => Reading): Reading {
  const name: Name = targetName(text, zone)
  return name.ok ? then(name.value) : wrong(name.reason, field)
}

function host(text: string, zone: string, field: string | undefined, then: (name: string) => Reading): Reading {
  return named(text, zone, field, (name) => {
    if (name !== '.' && !isHostName(name)) return wrong(`${name} is no host name; named refuses the zone`, field)
    return then(name)
  })
}

const address4: Reader = ofText((text) => {
  if (parseIpv4(text) !== undefined) return plain(text)
  return wrong(/(^|\.)0\d/.test(text) ? 'not an IPv4 address (leading zero)' : 'not an IPv4 address')
})

const address6: Reader = ofText((text) => {
  const number = parseIpv6(text)
  if (number === undefined) return wrong('not an IPv6 address')
  return plain(Array.from({ length: 8 }, (_, index) => ((number >> BigInt(16 * (7 - index))) & 0xffffn).toString(16)).join(':'))
})

/** A name that stands alone. */
function alone(isHost: boolean): Reader {
  return ofText((text, zone) =>
    (isHost ? host : named)(text, zone, undefined, (name) => {
      if (name === '.') return wrong('the root is no target here')
      return { text: name, hosts: isHost ? [{ name, field: '' }] : [] }
    }),
  )
}

const mx = ofFields(['preference', 'exchange'], ({ preference, exchange }, zone) => {
  if (parseIpv4(exchange.replace(/\.$/, '')) !== undefined || parseIpv6(exchange) !== undefined)
    return wrong('MX exchange is an IP address; name a host', 'exchange')
  return host(exchange, zone, 'exchange', (name) => {
    if (name === '.' && preference !== 0) return wrong('a null MX has preference 0 (RFC 7505)', 'preference')
    return { text: `${preference} ${name}`, hosts: name === '.' ? [] : [{ name, field: 'exchange' }] }
  })
})

const srv = ofFields(['priority', 'weight', 'port', 'target'], ({ priority, weight, port, target }, zone) => {
  if (port < 0 || port > 65_535) return wrong('port must be 0…65535', 'port')
  return host(target, zone, 'target', (name) => ({
    text: `${priority} ${weight} ${port} ${name}`,
    hosts: name === '.' ? [] : [{ name, field: 'target' }],
  }))
})

/** RFC 8659 4.1 and the registry of its tags. */
const caaTags = ['issue', 'issuewild', 'iodef', 'issuemail', 'issuevmc', 'contactemail', 'contactphone']

const caa = ofFields(['flags', 'tag', 'value'], ({ flags, tag, value }) => {
  if (flags !== 0 && flags !== 128) return wrong('flags must be 0 or 128 (RFC 8659 4.1)', 'flags')
  if (!caaTags.includes(tag.toLowerCase())) return wrong(`unknown CAA tag ${JSON.stringify(tag)}; known are ${caaTags.join(', ')}`, 'tag')
  return plain(`${flags} ${tag.toLowerCase()} ${quoted(Buffer.from(value))}`)
})

/** Hexadecimal digits of a length that another field tells; undefined: any. */
function digits(text: string, bytes: number | undefined, field: string, what: string): string | Problem {
  const hex = text.replaceAll(' ', '').toUpperCase()
  if (!/^([0-9A-F]{2})+$/.test(hex)) return wrong(`not whole octets in hexadecimal (${hex.length} digits)`, field)
  if (bytes !== undefined && hex.length !== bytes * 2)
    return wrong(`${what} is ${bytes * 2} hexadecimal digits, ${hex.length} are written`, field)
  return hex
}

const sshfp = ofFields(['algorithm', 'fingerprintType', 'fingerprint'], ({ algorithm, fingerprintType, fingerprint }) => {
  if (algorithm < 1 || algorithm > 6 || algorithm === 5) return wrong('algorithm must be 1, 2, 3, 4 or 6', 'algorithm')
  const bytes = { 1: 20, 2: 32 }[fingerprintType]
  if (bytes === undefined) return wrong('fingerprintType must be 1 (SHA-1) or 2 (SHA-256)', 'fingerprintType')
  const hex = digits(fingerprint, bytes, 'fingerprint', `a fingerprint of type ${fingerprintType}`)
  return typeof hex === 'string' ? plain(`${algorithm} ${fingerprintType} ${hex}`) : hex
})

const tlsa = ofFields(['usage', 'selector', 'matching', 'data'], ({ usage, selector, matching, data }) => {
  if (usage > 3) return wrong('usage must be 0…3', 'usage')
  if (selector > 1) return wrong('selector must be 0 or 1', 'selector')
  if (matching > 2) return wrong('matching must be 0, 1 or 2', 'matching')
  const hex = digits(data, [undefined, 32, 64][matching], 'data', `data of matching ${matching}`)
  return typeof hex === 'string' ? plain(`${usage} ${selector} ${matching} ${hex}`) : hex
})

const ds = ofFields(['keyTag', 'algorithm', 'digestType', 'digest'], ({ keyTag, algorithm, digestType, digest }) => {
  const bytes = { 1: 20, 2: 32, 4: 48 }[digestType]
  if (bytes === undefined) return wrong('digestType must be 1, 2 or 4', 'digestType')
  const hex = digits(digest, bytes, 'digest', `a digest of type ${digestType}`)
  return typeof hex === 'string' ? plain(`${keyTag} ${algorithm} ${digestType} ${hex}`) : hex
})

/** A delimiter three times, around an expression and what stands in its place; then perhaps `i`. What more BIND asks of it, its checker says. */
function isSubstitution(text: string): boolean {
  if (text === '') return true
  const delimiter = text[0] ?? ''
  if (/[0-9i\\\0]/.test(delimiter)) return false
  const parts = text.slice(1).split(delimiter)
  return (
    parts.length === 3 &&
    /^i?$/.test(parts[2] ?? '') &&
    /^[A-Za-z0-9 ^$.*+?@:;/_=-]+$/.test(parts[0] ?? '') &&
    /^[A-Za-z0-9 @:;/_.=-]+$/.test(parts[1] ?? '')
  )
}

const naptrFields = ['order', 'preference', 'flags', 'services', 'regexp', 'replacement'] as const
const naptr = ofFields(naptrFields, (fields, zone) => {
  const { order, preference, flags, services, regexp, replacement } = fields
  const strings = { flags: String(flags), services, regexp }
  const long = Object.entries(strings).find(([, text]) => Buffer.byteLength(text) > 255)
  if (long !== undefined) return wrong(`${Buffer.byteLength(long[1])} octets, limit 255`, long[0])
  if (!isSubstitution(regexp)) return wrong('not a rule of substitution as in "!^.*$!sip:info@example.com!" (RFC 3402 3.2)', 'regexp')
  if (regexp !== '' && replacement !== '.') return wrong('regexp and replacement exclude each other (RFC 3403 4.1)', 'replacement')
  const words = Object.values(strings).map((text) => quoted(Buffer.from(text)))
  return named(replacement, zone, 'replacement', (name) => plain(`${order} ${preference} ${words.join(' ')} ${name}`))
})

const hinfo = ofFields(['cpu', 'os'], ({ cpu, os }) => {
  const long = [cpu, os].find((text) => Buffer.byteLength(text) > 255)
  if (long !== undefined) return wrong(`${Buffer.byteLength(long)} octets, limit 255`, long === cpu ? 'cpu' : 'os')
  return plain(`${quoted(Buffer.from(cpu))} ${quoted(Buffer.from(os))}`)
})

const uri = ofFields(['priority', 'weight', 'target'], ({ priority, weight, target }) => {
  if (target === '') return wrong('a URI cannot be empty', 'target')
  return plain(`${priority} ${weight} ${quoted(Buffer.from(target))}`)
})

/** BIND takes no bits beyond the last octet. */
function isBase64(text: string): boolean {
  return text !== '' && Buffer.from(text, 'base64').toString('base64') === text
}

/** Keys of RFC 9460 14.3 in the order in which BIND writes them; another one by its number, `key123`. */
const parameters = ['mandatory', 'alpn', 'no-default-alpn', 'port', 'ipv4hint', 'ech', 'ipv6hint', 'dohpath']

function parameterNumber(key: string): number {
  const known = parameters.indexOf(key)
  if (known !== -1) return known
  const number = /^key(0|[1-9]\d{0,4})$/.exec(key)?.[1]
  return number !== undefined && Number(number) > 7 && Number(number) < 65_535 ? Number(number) : -1
}

const parameterGrammar: Readonly<Record<string, (value: string) => boolean>> = {
  mandatory: (value) => value.split(',').every((key) => parameterNumber(key) > 0),
  alpn: (value) => /^[!-+\--[\]-~]{1,255}(,[!-+\--[\]-~]{1,255})*$/.test(value) && !value.includes('"'),
  'no-default-alpn': (value) => value === '',
  port: (value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535,
  ipv4hint: (value) => value.split(',').every((one) => parseIpv4(one) !== undefined),
  ipv6hint: (value) => value.split(',').every((one) => parseIpv6(one) !== undefined),
  ech: isBase64,
  dohpath: (value) => value.startsWith('/') && value.includes('{?dns}'),
}

const svcb = ofFields(
  ['priority', 'target'],
  ({ priority, target, params = {} }, zone) => {
    const keys = Object.keys(params).sort((one, other) => parameterNumber(one) - parameterNumber(other))
    if (priority === 0 && keys.length > 0) return wrong('an alias (priority 0) has no parameters (RFC 9460 2.4.2)', 'params')
    const bad = keys.find((key) => parameterNumber(key) === -1 || parameterGrammar[key]?.(params[key] ?? '') === false)
    if (bad !== undefined) return wrong(`${bad}=${params[bad]} is no parameter of RFC 9460`, `params.${bad}`)
    if (params['no-default-alpn'] !== undefined && params['alpn'] === undefined) return wrong('no-default-alpn needs alpn', 'params')
    const unmet = (params['mandatory'] ?? '').split(',').find((key) => key !== '' && params[key] === undefined)
    if (unmet !== undefined) return wrong(`mandatory names ${unmet}, which is not there`, 'params.mandatory')
    const words = keys.map((key) => (params[key] === '' ? key : `${key}=${quoted(Buffer.from(params[key] ?? ''))}`))
    return host(target, zone, 'target', (name) => plain([priority, name, ...words].join(' ')))
  },
  ['params'],
)

const txt = ofText((text) => {
  const bytes = Buffer.from(text)
  return bytes.length > 60_000 ? wrong(`${bytes.length} octets, limit 60000`) : plain(quotedStrings(bytes))
})

/** RFC 1876 3: `52 31 0 N 13 24 0 E 34m 1m 10000m 10m`. */
const locGrammar =
  /^([0-8]?\d|90)( [0-5]?\d( [0-5]?\d(\.\d{1,3})?)?)? [NS] (\d{1,2}|1[0-7]\d|180)( [0-5]?\d( [0-5]?\d(\.\d{1,3})?)?)? [EW] -?\d{1,8}(\.\d{1,2})?m?( \d{1,8}(\.\d{1,2})?m?){0,3}$/

const loc = ofText((text) => (locGrammar.test(text) ? plain(text) : wrong('not a place as in "52 31 0 N 13 24 0 E 34m" (RFC 1876 3)')))

const openpgpkey = ofText((text) => {
  const key = text.replaceAll(/\s/g, '')
  return isBase64(key) ? plain(key) : wrong('not a key in base64')
})

/** RFC 3597: octets in hexadecimal. */
const raw = ofText((text) => {
  const hex = text.replaceAll(' ', '').toLowerCase()
  if (!/^([0-9a-f]{2})*$/.test(hex)) return wrong('not octets in hexadecimal')
  return plain(`\\# ${hex.length / 2}${hex === '' ? '' : ` ${hex}`}`)
})

const readers: Readonly<Record<string, Reader>> = {
  A: address4,
  AAAA: address6,
  CNAME: alone(false),
  DNAME: alone(false),
  NS: alone(true),
  PTR: alone(false),
  TXT: txt,
  MX: mx,
  SRV: srv,
  CAA: caa,
  SSHFP: sshfp,
  TLSA: tlsa,
  SMIMEA: tlsa,
  DS: ds,
  NAPTR: naptr,
  HTTPS: svcb,
  SVCB: svcb,
  URI: uri,
  LOC: loc,
  HINFO: hinfo,
  OPENPGPKEY: openpgpkey,
}

/** Numbers of types that have a name here, that BIND makes itself, or that are no data (RFC 6895 3.1). */
const namedNumbers = [1, 2, 5, 6, 12, 13, 15, 16, 28, 29, 33, 35, 39, 43, 44, 46, 47, 48, 50, 51, 52, 53, 61, 64, 65, 99, 256, 257]

/** Why no record can be of this type; undefined where it can. */
export function typeProblem(type: string): string | undefined {
  if (readers[type] !== undefined) return undefined
  if (type === 'SOA') return 'the SOA is written by spec.soa'
  if (type === 'SPF') return 'SPF is no longer a type of its own (RFC 7208 3.1); write it as TXT'
  if (['RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'DNSKEY', 'CDS', 'CDNSKEY'].includes(type)) return `${type} is made by BIND; set spec.dnssec`
  const number = Number(/^TYPE([1-9]\d{0,4})$/.exec(type)?.[1])
  if (Number.isNaN(number)) return `type ${type} is not known; write TYPE and its number, with its data in hexadecimal`
  if (namedNumbers.includes(number)) return `${type} has a name; write that`
  const isData = number <= 65_534 && !(number >= 128 && number <= 255) && number !== 41
  return isData ? undefined : `${type} is no type of data; no zone can hold it`
}

/** One value of a record of this type, for this zone. */
export function readValue(type: string, value: Value, zone: string): Reading {
  return (readers[type] ?? raw)(value, zone)
}
