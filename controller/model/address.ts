import type { Parsing } from './quantity.ts'

/** An IPv4 address with its subnet, `192.168.1.3/24`. Addresses are 32-bit numbers. */
export interface Ipv4Interface {
  readonly address: number
  readonly prefixLength: number
  /** First address of the subnet. */
  readonly network: number
  /** Last address of the subnet. */
  readonly broadcast: number
}

/** Four decimal numbers without leading zeros (which some parsers take for octal). */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) return undefined
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0)
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

export function parseIpv4Interface(text: string): Parsing<Ipv4Interface> {
  const [head = '', length = ''] = text.split('/')
  const address = parseIpv4(head)
  if (address === undefined || !/^\d{1,2}$/.test(length) || Number(length) > 32 || text.split('/').length !== 2)
    return { ok: false, reason: `${text} is not an IPv4 address with its prefix length, such as 192.168.1.3/24` }
  const size = 2 ** (32 - Number(length))
  const network = Math.floor(address / size) * size
  return { ok: true, value: { address, prefixLength: Number(length), network, broadcast: network + size - 1 } }
}

/** True for IPv4 and IPv6 addresses (RFC 4291; without zone). */
export function isIpAddress(text: string): boolean {
  return parseIpv4(text) !== undefined || (/^[0-9A-Fa-f:.]+$/.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`))
}

/** An IPv6 address with its subnet, `2001:db8::3/64`. Addresses are 128-bit numbers. */
export interface Ipv6Interface {
  readonly address: bigint
  readonly prefixLength: number
  /** First address of the subnet. */
  readonly network: bigint
}

/** RFC 4291, without zone. */
export function parseIpv6(text: string): bigint | undefined {
  if (!text.includes(':') || !isIpAddress(text)) return undefined
  const [head = '', tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::')
  const words = (part: string): readonly string[] => (part === '' ? [] : part.split(':'))
  const [before, after] = [words(head), words(tail ?? '')]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].reduce((sum, word) => (sum << 16n) + BigInt(`0x${word}`), 0n)
}

/** RFC 5952: one way to write each address. */
export function formatIpv6(address: bigint): string {
  const words = Array.from({ length: 8 }, (_, index) => ((address >> BigInt(16 * (7 - index))) & 0xffffn).toString(16))
  return new URL(`http://[${words.join(':')}]/`).hostname.slice(1, -1)
}

export function parseIpv6Interface(text: string): Parsing<Ipv6Interface> {
  const [head = '', length = ''] = text.split('/')
  const address = parseIpv6(head)
  if (address === undefined || !/^\d{1,3}$/.test(length) || Number(length) > 128 || text.split('/').length !== 2)
    return { ok: false, reason: `${text} is not an IPv6 address with its prefix length, such as 2001:db8::3/64` }
  const hostBits = BigInt(128 - Number(length))
  return { ok: true, value: { address, prefixLength: Number(length), network: (address >> hostBits) << hostBits } }
}
