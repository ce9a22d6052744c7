import ipaddr from 'ipaddr.js'
import type { Parsing } from '../../model/quantity.ts'
import type { Family } from '../../primitives/nftTable/spec.ts'

/** An address or prefix. */
export interface Network {
  readonly family: Family
  /** Canonical: the network's first address, lower case, without a prefix that covers one address. */
  readonly text: string
  readonly prefix: number
  readonly first: ipaddr.IPv4 | ipaddr.IPv6
}

/** Why a host name is refused wherever an address stands. */
export const notAnAddress = 'use addresses (names would be resolved once, at load, on the host)'

/** `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`. */
export function parseNetwork(text: string): Parsing<Network> {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text)
  const address = parseAddress(match?.[1] ?? '')
  if (address === undefined) return { ok: false, reason: `${JSON.stringify(text)} is not an address: ${notAnAddress}` }
  const width = address.kind() === 'ipv4' ? 32 : 128
  const prefix = match?.[2] === undefined ? width : Number(match[2])
  if (prefix > width) return { ok: false, reason: `${text} has a prefix beyond /${width}` }
  const first = firstOf(address, prefix)
  const family: Family = width === 32 ? 'ip' : 'ip6'
  return { ok: true, value: { family, prefix, first, text: prefix === width ? first.toString() : `${first.toString()}/${prefix}` } }
}

/** Whether one holds all of the other. */
export function holds(outer: Network, inner: Network): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false
  return firstOf(inner.first, outer.prefix).toString() === outer.first.toString()
}

/** Two networks have an address in common if one holds the other. */
export function overlaps(one: Network, other: Network): boolean {
  return holds(one, other) || holds(other, one)
}

/**
 * Networks of one family in order, joined where they touch or overlap: nft refuses what overlaps, and joins by itself what touches, after which
 * its own listing does not load into the same listing (1.0.6: `{ a-b }` becomes `a-b`).
 */
export function joinNetworks(networks: readonly Network[]): readonly string[] {
  const joined: [bigint, bigint][] = []
  for (const [low, high] of networks.map(boundsOf).sort(byLow)) {
    const last = joined.at(-1)
    if (last === undefined || low > last[1] + 1n) joined.push([low, high])
    else if (high > last[1]) last[1] = high
  }
  return joined.map(([low, high]) => intervalText(low, high, networks[0]?.family ?? 'ip'))
}

export function isLoopback(network: Network): boolean {
  return network.first.range() === 'loopback'
}

/** `IPv4` or `IPv6`, for people. */
export function familyName(family: Family): string {
  return family === 'ip' ? 'IPv4' : 'IPv6'
}

/** Four decimal parts or IPv6 without a zone; not the short and octal forms that inet_aton(3) takes. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text)
  return /^[0-9A-Fa-f:.]+$/.test(text) && text.includes(':') && ipaddr.IPv6.isValid(text) ? ipaddr.IPv6.parse(text) : undefined
}

function firstOf(address: ipaddr.IPv4 | ipaddr.IPv6, prefix: number): ipaddr.IPv4 | ipaddr.IPv6 {
  const bytes = address.toByteArray().map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - index * 8))) & 0xff)
  return ipaddr.fromByteArray(bytes)
}

function byLow(one: readonly [bigint, bigint], other: readonly [bigint, bigint]): number {
  return one[0] < other[0] ? -1 : one[0] > other[0] ? 1 : 0
}

function boundsOf(network: Network): readonly [bigint, bigint] {
  const bytes = network.first.toByteArray()
  const low = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
  return [low, low + (1n << BigInt(bytes.length * 8 - network.prefix)) - 1n]
}

/** One address, a prefix where the interval is one, else `low-high`. */
function intervalText(low: bigint, high: bigint, family: Family): string {
  if (low === high) return addressText(low, family)
  const size = high - low + 1n
  const isPrefix = (size & (size - 1n)) === 0n && low % size === 0n
  const width = family === 'ip' ? 32 : 128
  return isPrefix
    ? `${addressText(low, family)}/${width + 1 - size.toString(2).length}`
    : `${addressText(low, family)}-${addressText(high, family)}`
}

function addressText(value: bigint, family: Family): string {
  const length = family === 'ip' ? 4 : 16
  return ipaddr.fromByteArray(Array.from({ length }, (_, index) => Number((value >> BigInt((length - 1 - index) * 8)) & 0xffn))).toString()
}
