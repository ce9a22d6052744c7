import type { FilterChain, NftBase, NftMatch, NftRule } from '../../primitives/nftTable/spec.ts'
import { coexistRules } from './coexist.ts'
import { logRule } from './log.ts'
import type { FirewallSpec } from './spec.ts'
import { icmpTypes, icmpv6Types } from './words.ts'

const chains: readonly FilterChain[] = ['input', 'forward', 'output']
const usualIcmp = ['echo-request', 'destination-unreachable', 'time-exceeded', 'parameter-problem']
/** Without errors, neighbour discovery and multicast listening a host loses IPv6 minutes later (RFC 4890 §4.4). */
const essentialIcmpv6 = Object.entries(icmpv6Types).filter(([name]) => !name.startsWith('echo-') && name !== 'nd-redirect')

/** Policies and what is asked before and after all rules, in the chains that have a policy; nothing where none has. */
export function baseOf(spec: FirewallSpec): NftBase | undefined {
  if (spec.policy === undefined) return undefined
  const policy = spec.policy as NftBase['policy']
  const governed = chains.filter((chain) => policy[chain] !== undefined)
  const opening = governed.flatMap((chain) => openingOf(chain, policy[chain] === 'drop', spec))
  const closing = governed.filter((chain) => policy[chain] === 'drop').flatMap((chain) => closingOf(chain, spec))
  return { policy, opening, closing }
}

function openingOf(chain: FilterChain, isClosed: boolean, spec: FirewallSpec): readonly NftRule[] {
  const known = (spec.established ?? true) && (chain !== 'output' || isClosed) ? knownConnections(chain) : []
  if (chain !== 'input' && !isClosed) return known
  if (chain === 'forward') return [...known, ...essential(chain, spec)]
  const direction = chain === 'input' ? 'in' : 'out'
  const loopback = (spec.loopback ?? true) ? [accept(chain, 'loopback', [{ on: 'interface', direction, names: ['lo'] }])] : []
  return [...known, ...loopback, ...(chain === 'input' ? incomingIcmp(spec) : essential(chain, spec))]
}

function knownConnections(chain: FilterChain): readonly NftRule[] {
  return [
    accept(chain, 'established', [{ on: 'state', states: ['established', 'related'] }]),
    { name: 'invalid', chain, matches: [{ on: 'state', states: ['invalid'] }], action: { do: 'drop' } },
    ...(chain === 'output' ? [accept(chain, 'established', [{ on: 'state', states: ['new'] }, midway])] : []),
  ]
}

/**
 * The kernel follows connections only from the first table on that asks for their state. One that was open before is new to it, in the direction of the packet that it happens to
 * see first: an answer of sshd would be denied, and with it the connection that waits for this very change. Nobody can open a connection without SYN.
 */
const midway: NftMatch = { on: 'tcpFlags', mask: ['fin', 'syn', 'rst', 'ack'], set: ['ack'] }
/** A reset in the midst of such a connection would end it; what is dropped is sent again. */
const attempt: NftMatch = { ...midway, set: ['syn'] }

/** The rate is for echo requests alone: errors that are dropped break path MTU discovery. */
function incomingIcmp(spec: FirewallSpec): readonly NftRule[] {
  const names = spec.icmp?.v4 ?? usualIcmp
  const errors = names.filter((name) => name !== 'echo-request').flatMap((name) => icmpTypes[name] ?? [])
  const limit: readonly NftMatch[] = spec.icmp?.echoRate ? [{ on: 'limit', rate: spec.icmp.echoRate, burst: 5 }] : []
  return [
    ...(errors.length > 0 ? [accept('input', 'icmp', [{ on: 'icmpType', family: 'ip', types: errors }])] : []),
    ...(names.includes('echo-request') ? [accept('input', 'icmp', [{ on: 'icmpType', family: 'ip', types: [8] }, ...limit])] : []),
    ...essential('input', spec),
    ...((spec.icmp?.v6Echo ?? true) ? [accept('input', 'icmp', [{ on: 'icmpType', family: 'ip6', types: [128] }, ...limit])] : []),
  ]
}

/** In forward too: with br_netfilter neighbour discovery between containers on a bridge is asked there (bridge-nf-call-ip6tables). */
function essential(chain: FilterChain, spec: FirewallSpec): readonly NftRule[] {
  if (spec.icmp?.v6Essential === false) return []
  return [accept(chain, 'icmp', [{ on: 'icmpType', family: 'ip6', types: essentialIcmpv6.map(([, type]) => type) }])]
}

function closingOf(chain: FilterChain, spec: FirewallSpec): readonly NftRule[] {
  const deny = spec.deny?.action === 'reject' ? denials.map((denial) => ({ name: 'deny', chain, ...denial })) : []
  return [...coexistRules(chain, spec), ...(spec.log === undefined ? [] : [logRule('log', chain, [], spec.log)]), ...deny]
}

/** What is left of TCP beside attempts to connect is dropped, which a connection survives. */
const denials: readonly Pick<NftRule, 'matches' | 'action'>[] = [
  { matches: [attempt], action: { do: 'reject', with: 'tcp reset' } },
  { matches: [{ on: 'protocol', protocols: ['tcp'] }], action: { do: 'drop' } },
  { matches: [], action: { do: 'reject', with: 'port-unreachable' } },
]

function accept(chain: FilterChain, name: string, matches: readonly NftMatch[]): NftRule {
  return { name, chain, matches, action: { do: 'accept' } }
}
