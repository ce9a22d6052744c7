import {
  type Family,
  type NftAction,
  type NftMatch,
  type NftRule,
  type PortProtocol,
  protocolNumbers,
  type Side,
  type TcpFlag,
} from './spec.ts'
import { nftAddress, nftInterface, nftName, nftNumber, nftPorts, nftPrefix, oneOf } from './words.ts'

/** One line of a chain. `part` names the manifest, whose sets carry its name. */
export function renderRule(rule: NftRule, part: string): string {
  const matches = rule.matches.map((match) => renderMatch(match, part))
  return [
    ...matches,
    ...(rule.counter ? ['counter'] : []),
    renderAction(rule.action, rule.matches),
    `comment "reeve:${nftName(rule.name)}"`,
  ].join(' ')
}

function renderMatch(match: NftMatch, part: string): string {
  switch (match.on) {
    case 'interface':
      return `${match.direction === 'in' ? 'iifname' : 'oifname'} ${oneOf(match.names.map(nftInterface))}`
    case 'address':
      return `${match.family} ${field(match.side)} ${match.not ? '!= ' : ''}${oneOf(match.values.map(nftAddress))}`
    case 'set':
      return `${match.family} ${field(match.side)} @${nftName(match.set)}_${nftName(part)}`
    case 'protocol':
      return `meta l4proto ${oneOf(match.protocols.map((protocol) => String(protocolNumbers[protocol])))}`
    case 'port':
      return `${portField(match)} ${oneOf(match.ranges.map(([low, high]) => nftPorts(low === high ? `${low}` : `${low}-${high}`)))}`
    case 'portSet':
      return `${portField(match)} @${nftName(match.set)}_${nftName(part)}`
    case 'icmpType':
      return `${match.family === 'ip' ? 'icmp' : 'icmpv6'} type ${oneOf(match.types.map((type) => nftNumber(type, 0, 255)))}`
    case 'state':
      return `ct state ${match.states.map(nftName).join(',')}`
    case 'redirected':
      return 'ct status dnat'
    case 'family':
      return `meta nfproto ${match.family === 'ip' ? 'ipv4' : 'ipv6'}`
    case 'localDestination':
      return 'fib daddr type local'
    case 'tcpFlags':
      return `tcp flags & (${flags(match.mask)}) == ${match.set.length === 0 ? '0x0' : flags(match.set)}`
    case 'limit':
      return limit(match)
    case 'limitPerSource':
      return `update @${nftName(match.set)}_${nftName(part)} { ${sourceOf(match.family)} ${limit(match)} }`
    default:
      throw new Error(`not a match of nft: ${JSON.stringify(match satisfies never)}`)
  }
}

function renderAction(action: NftAction, matches: readonly NftMatch[]): string {
  switch (action.do) {
    case 'accept':
    case 'drop':
    case 'continue':
    case 'masquerade':
      return action.do
    case 'reject':
      return action.with === 'tcp reset' ? 'reject with tcp reset' : `reject with ${unreachable(matches)} type port-unreachable`
    case 'snat':
      return `snat ${action.family} to ${nftAddress(action.to)}`
    case 'dnat':
      return `dnat ${action.family} to ${endpoint(action.family, nftAddress(action.to), action.port)}`
    case 'log':
      return `log prefix ${nftPrefix(action.prefix)} level ${nftName(action.level)}`
    default:
      throw new Error(`not an action of nft: ${JSON.stringify(action satisfies never)}`)
  }
}

/**
 * icmpx answers either family. Where a rule is of one family alone it must not be used: nft 1.0.6 lists it as a bare `reject`, which then loads as
 * that family's own answer, so that the listing would not load into itself.
 */
function unreachable(matches: readonly NftMatch[]): string {
  const family = matches.map((match) => ('family' in match ? match.family : undefined)).find((found) => found !== undefined)
  return family === undefined ? 'icmpx' : family === 'ip' ? 'icmp' : 'icmpv6'
}

function endpoint(family: 'ip' | 'ip6', address: string, port: number | undefined): string {
  if (port === undefined) return address
  return `${family === 'ip6' ? `[${address}]` : address}:${nftNumber(port, 1, 65_535)}`
}

/** `tcp dport`; of several protocols `meta l4proto { 6, 17 } th dport`. */
function portField({ protocols, side }: { readonly protocols: readonly PortProtocol[]; readonly side: Side }): string {
  const name = side === 'source' ? 'sport' : 'dport'
  if (protocols.length === 1) return `${protocols[0]} ${name}`
  return `meta l4proto ${oneOf(protocols.map((protocol) => String(protocolNumbers[protocol])))} th ${name}`
}

function field(side: Side): string {
  return side === 'source' ? 'saddr' : 'daddr'
}

function flags(all: readonly TcpFlag[]): string {
  return all.map(nftName).join('|')
}

/** Of IPv6 the network: whoever has one address has all 2⁶⁴ of it. */
function sourceOf(family: Family): string {
  return family === 'ip' ? 'ip saddr' : 'ip6 saddr & ffff:ffff:ffff:ffff::'
}

function limit(match: { readonly rate: string; readonly burst: number }): string {
  return `limit rate ${rate(match.rate)} burst ${nftNumber(match.burst, 1, 1_000_000)} packets`
}

function rate(text: string): string {
  if (!/^[1-9]\d{0,8}\/(second|minute|hour|day)$/.test(text)) throw new Error(`not a rate for nft: ${JSON.stringify(text)}`)
  return text
}
