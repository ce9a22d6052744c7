import type { Family, PortRange } from '../../primitives/nftTable/spec.ts'
import { holds, type Network, overlaps, parseNetwork } from './address.ts'

/** A service that a rule of ours lets in, as narrow as the rule says; what is undefined is anything. */
export interface Service {
  /** Name of our rule. */
  readonly rule: string
  readonly family: Family | undefined
  /** IANA number. */
  readonly protocol: number | undefined
  readonly ports: PortRange | undefined
  readonly sources: readonly Network[] | undefined
  readonly destinations: readonly Network[] | undefined
  readonly inward: readonly string[] | undefined
  readonly outward: readonly string[] | undefined
}

/** How much of a new connection to a service a foreign rule matches. `part`: a part of what is served, whoever asks; `some`: for some who ask, or nobody here can tell. */
export type Share = 'all' | 'part' | 'some' | 'none'

const value = '(!= )?(\\{[^}]*\\}|\\S+)'
const protocols: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, dccp: 33, 'ipv6-icmp': 58, icmpv6: 58, sctp: 132 }

type Reader = (service: Service, not: boolean, values: readonly string[], words: RegExpExecArray) => Share

const known: readonly (readonly [RegExp, Reader])[] = [
  [/^counter(?: packets \d+ bytes \d+)?(?= |$)/, () => 'all'],
  [/^log(?: (?:prefix "[^"]*"|(?:group|level|snaplen|queue-threshold|flags) \S+))*(?= |$)/, () => 'all'],
  [
    new RegExp(`^(?:meta l4proto|ip protocol|ip6 nexthdr) ${value}(?= |$)`),
    (service, not, values) => within(service.protocol, values.map(numberOf), not),
  ],
  [new RegExp(`^meta nfproto ${value}(?= |$)`), (service, not, values) => within(service.family, values.map(familyOf), not)],
  [new RegExp(`^(tcp|udp|sctp|dccp|th) dport ${value}(?= |$)`), portShare],
  [new RegExp(`^(ip6?) (saddr|daddr) ${value}(?= |$)`), addressShare],
  [new RegExp(`^(iifname|oifname|iif|oif) ${value}(?= |$)`), interfaceShare],
  [
    new RegExp(`^ct state ${value}(?= |$)`),
    (_, not, values) => (not ? 'some' : values.some((one) => one === 'new' || one === '0x8') ? 'all' : 'none'),
  ],
]

/** What of the service a rule that asks this matches. Whatever is not known here matches some. */
export function shareOf(asks: string, service: Service): Share {
  const found: Share[] = []
  let rest = asks
  while (rest !== '') {
    const reading = known.map(([words, read]) => [words.exec(rest), read] as const).find(([match]) => match !== null)
    const [match, read] = reading ?? []
    if (!match || read === undefined) return found.includes('none') ? 'none' : 'some'
    found.push(read(service, match.at(-2) !== undefined && match.length > 2, listOf(match.at(-1) ?? ''), match))
    rest = rest.slice(match[0].length).trim()
  }
  return (['none', 'some', 'part'] as const).find((one) => found.includes(one)) ?? 'all'
}

function listOf(text: string): readonly string[] {
  return text
    .replace(/^\{|\}$/g, '')
    .split(',')
    .map((one) => one.trim().replace(/^"|"$/g, ''))
    .filter((one) => one !== '')
}

function numberOf(text: string): number {
  return protocols[text] ?? Number(text)
}

function familyOf(text: string): Family | undefined {
  return text === 'ipv4' || text === '2' ? 'ip' : text === 'ipv6' || text === '10' ? 'ip6' : undefined
}

function within<T>(one: T | undefined, all: readonly T[], not: boolean): Share {
  if (one === undefined) return not ? 'some' : 'part'
  return all.includes(one) === not ? 'none' : 'all'
}

function portShare(service: Service, not: boolean, values: readonly string[], words: RegExpExecArray): Share {
  const named = words[1] ?? ''
  const ofProtocol = named === 'th' ? 'all' : within(service.protocol, [numberOf(named)], false)
  if (ofProtocol === 'none') return 'none'
  const ranges = values.map((text) => /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text))
  if (not || ranges.includes(null)) return 'some'
  if (service.ports === undefined) return 'part'
  const [low, high] = service.ports
  const theirs = ranges.map((range) => [Number(range?.[1]), Number(range?.[2] ?? range?.[1])] as const)
  if (theirs.some(([from, to]) => from <= low && high <= to)) return ofProtocol
  return theirs.some(([from, to]) => from <= high && low <= to) ? 'part' : 'none'
}

function addressShare(service: Service, not: boolean, values: readonly string[], words: RegExpExecArray): Share {
  if (service.family !== undefined && service.family !== words[1]) return 'none'
  const ours = words[2] === 'saddr' ? service.sources : service.destinations
  const parsed = values.map(parseNetwork)
  if (ours === undefined || not || parsed.some((one) => !one.ok)) return 'some'
  const theirs = parsed.flatMap((one) => (one.ok ? [one.value] : []))
  if (ours.every((own) => theirs.some((other) => holds(other, own)))) return 'all'
  return ours.some((own) => theirs.some((other) => overlaps(other, own))) ? 'some' : 'none'
}

function interfaceShare(service: Service, not: boolean, values: readonly string[], words: RegExpExecArray): Share {
  const ours = words[1]?.startsWith('i') ? service.inward : service.outward
  if (ours === undefined) return 'some'
  const covers = (theirs: string, own: string) => theirs === own || (theirs.endsWith('*') && own.startsWith(theirs.slice(0, -1)))
  const meets = (theirs: string, own: string) => covers(theirs, own) || covers(own, theirs)
  const isWithin = ours.every((own) => values.some((theirs) => covers(theirs, own)))
  const isApart = ours.every((own) => !values.some((theirs) => meets(theirs, own)))
  if (isWithin) return not ? 'none' : 'all'
  return isApart ? (not ? 'all' : 'none') : 'some'
}
