import ipaddr from 'ipaddr.js'
import type { Parsing } from '../../model/quantity.ts'
import type { Family } from '../../primitives/nftTable/spec.ts'

/** An address, a prefix, or any interval of addresses. */
export interface Network {
  readonly family: Family
  /** Canonical: lower case, one address where it is one, a prefix where it is one, else `low-high`. */
  readonly text: string
  readonly low: bigint
  readonly high: bigint
}

/** Why a host name is refused wherever an address stands. */
export const notAnAddress = 'use addresses (names would be resolved once, at load, on the host)'

const widths = { ip: 32, ip6: 128 } as const

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, `2001:db8::/32`. */
export function parseNetwork(text: string): Parsing<Network> {
  const match = /^([^/-]+)(?:\/(\d{1,3})|-([^/-]+))?$/.exec(text)
  const low = parseAddress(match?.[1] ?? '')
  if (low === undefined) return { ok: false, reason: `${JSON.stringify(text)} is not an address: ${notAnAddress}` }
  if (match?.[3] !== undefined) return parseInterval(text, low, parseAddress(match[3]))
  const width = widths[low.family]
  const prefix = match?.[2] === undefined ? width : Number(match[2])
  if (prefix > width) return { ok: false, reason: `${text} has a prefix beyond /${width}` }
  const size = 1n << BigInt(width - prefix)
  const first = low.value - (low.value % size)
  return { ok: true, value: networkOf(low.family, first, first + size - 1n) }
}

/** Whether one holds all of the other. */
export function holds(outer: Network, inner: Network): boolean {
  return outer.family === inner.family && outer.low <= inner.low && inner.high <= outer.high
}

/** Whether two networks have an address in common. */
export function overlaps(one: Network, other: Network): boolean {
  return one.family === other.family && one.low <= other.high && other.low <= one.high
}

export function isOneAddress(network: Network): boolean {
  return network.low === network.high
}

/** Whether it is all addresses of its family. */
export function isEverywhere(network: Network): boolean {
  return network.low === 0n && network.high === (1n << BigInt(widths[network.family])) - 1n
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback({ family, low, high }: Network): boolean {
  return family === 'ip' ? low >> 24n === 127n && high >> 24n === 127n : low === 1n && high === 1n
}

/**
 * Networks of one family in order, joined where they touch or overlap: nft refuses what overlaps, and joins by itself what touches, after which
 * its own listing does not load into the same listing (1.0.6: `{ a-b }` becomes `a-b`).
 */
export function joinNetworks(networks: readonly Network[]): readonly string[] {
  const joined: [bigint, bigint][] = []
  for (const { low, high } of [...networks].sort((one, other) => (one.low < other.low ? -1 : one.low > other.low ? 1 : 0))) {
    const last = joined.at(-1)
    if (last === undefined || low > last[1] + 1n) joined.push([low, high])
    else if (high > last[1]) last[1] = high
  }
  return joined.map(([low, high]) => networkOf(networks[0]?.family ?? 'ip', low, high).text)
}

/** `IPv4` or `IPv6`, for people. */
export function familyName(family: Family): string {
  return family === 'ip' ? 'IPv4' : 'IPv6'
}

interface Address {
  readonly family: Family
  readonly value: bigint
}

function parseInterval(text: string, low: Address, high: Address | undefined): Parsing<Network> {
  if (high === undefined) return { ok: false, reason: `the end of ${JSON.stringify(text)} is not an address: ${notAnAddress}` }
  if (high.family !== low.family || high.value < low.value)
    return { ok: false, reason: `${text} is no interval: write LOW-HIGH, both of one family` }
  return { ok: true, value: networkOf(low.family, low.value, high.value) }
}

/** Four decimal parts or IPv6 without a zone; not the short and octal forms that inet_aton(3) takes. */
function parseAddress(text: string): Address | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { family: 'ip', value: numberOf(ipaddr.IPv4.parse(text)) }
  const isV6 = /^[0-9A-Fa-f:.]+$/.test(text) && text.includes(':') && ipaddr.IPv6.isValid(text)
  return isV6 ? { family: 'ip6', value: numberOf(ipaddr.IPv6.parse(text)) } : undefined
}

function numberOf(address: ipaddr.IPv4 | ipaddr.IPv6): bigint {
  return address.toByteArray().reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

function networkOf(family: Family, low: bigint, high: bigint): Network {
  const size = high - low + 1n
  const isPrefix = (size & (size - 1n)) === 0n && low % size === 0n
  const prefix = widths[family] + 1 - size.toString(2).length
  const text = low === high ? addressText(low, family) : isPrefix ? `${addressText(low, family)}/${prefix}` : undefined
  return { family, low, high, text: text ?? `${addressText(low, family)}-${addressText(high, family)}` }
}

function addressText(value: bigint, family: Family): string {
  const length = widths[family] / 8
  return ipaddr.fromByteArray(Array.from({ length }, (_, index) => Number((value >> BigInt((length - 1 - index) * 8)) & 0xffn))).toString()
}
