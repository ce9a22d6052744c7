import { isIpAddress, parseIpv4, parseIpv6 } from '../../model/address.ts'

interface Network {
  readonly address: bigint
  readonly length: number
  readonly bits: 32 | 128
}

/** Networks that are nobody's on the Internet: RFC 1918, 6598, 3927, 4193, 4291, and the loopback. */
const own = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
]
/** From this size on a public network is not one operator's machines. */
const largestPublic = { 32: 16, 128: 32 } as const

function parseNetwork(text: string): Network | undefined {
  const [address = '', length] = text.split('/')
  if (!isIpAddress(address)) return undefined
  const ipv4 = parseIpv4(address)
  const bits = ipv4 === undefined ? 128 : 32
  const number = Number(length ?? bits)
  if (number > bits) return undefined
  return { address: ipv4 === undefined ? (parseIpv6(address) ?? 0n) : BigInt(ipv4), length: number, bits }
}

function firstOf({ address, length, bits }: Network): bigint {
  const free = BigInt(bits - length)
  return (address >> free) << free
}

/** Why nobody may relay from this network; undefined where it may. */
export function networkProblem(text: string): string | undefined {
  const network = parseNetwork(text)
  if (network === undefined) return `${JSON.stringify(text)} is neither an IP address nor a network`
  if (firstOf(network) !== network.address) return `${text} has bits set beyond its length, which Postfix refuses`
  const isOwn = own.some((one) => covers(one, network))
  return isOwn || network.length > largestPublic[network.bits] ? undefined : 'relayFrom would make this an open relay'
}

function covers(text: string, inner: Network): boolean {
  const outer = parseNetwork(text)
  if (outer === undefined || outer.bits !== inner.bits || outer.length > inner.length) return false
  return firstOf({ ...inner, length: outer.length }) === firstOf(outer)
}

/** Whether two networks have addresses in common; the bits beyond their length do not count. False for what is none. */
export function overlaps(one: string, other: string): boolean {
  const [first, second] = [parseNetwork(one), parseNetwork(other)]
  return first !== undefined && second !== undefined && (covers(one, second) || covers(other, first))
}
