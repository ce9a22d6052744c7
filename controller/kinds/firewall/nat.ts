import type { Family, NftMatch, NftRule, PortProtocol, PortRange } from '../../primitives/nftTable/spec.ts'
import { holds, isOneAddress, type Network, parseNetwork } from './address.ts'
import { logRule } from './log.ts'
import { combinations, interfaces, type Nat, networksOf, selectors } from './selectors.ts'
import type { FirewallSpec } from './spec.ts'
import { parsePort } from './words.ts'

/** Where a dnat leads. */
export interface Endpoint {
  readonly network: Network
  readonly port?: number
}

/** `10.0.1.2`, `10.0.1.2:80`, `2001:db8::2`, `[2001:db8::2]:80`; undefined for all else. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([^\]]+)\]|([^[\]]+?))(?::(\d{1,5}))?$/.exec(text)
  const isBareV6 = !text.startsWith('[') && text.split(':').length > 2
  const network = parseNetwork(isBareV6 ? text : (match?.[1] ?? match?.[2] ?? ''))
  if (!network.ok || !isOneAddress(network.value)) return undefined
  if (isBareV6 || match?.[3] === undefined) return { network: network.value }
  const port = Number(match[3])
  return port >= 1 && port <= 65_535 ? { network: network.value, port } : undefined
}

/** The network whose own traffic to a dnat must come back through us; see the readme's part on hairpin. */
export function hairpinNetwork(nat: Nat, spec: FirewallSpec): string | undefined {
  if (nat.hairpinFrom !== undefined) return networksOf(nat.hairpinFrom)[0]?.text
  const target = parseEndpoint(nat.to ?? '')?.network
  const sources = (spec.nat ?? []).filter((other) => other.type !== 'dnat').flatMap((other) => networksOf(other.source))
  return target && sources.find((network) => holds(network, target))?.text
}

/** The rules of one translation: of a dnat also those that let its traffic through, and back. */
export function natRules(nat: Nat, spec: FirewallSpec): readonly NftRule[] {
  const rules = nat.type === 'dnat' ? redirection(nat, spec) : sourceRules(nat, spec)
  const { log } = nat
  return log === undefined ? rules : rules.flatMap((one) => [...noteOf(one, log), one])
}

/** Only what begins a connection comes by a translation. What lets it through, and back, would say the same again. */
function noteOf({ name, chain, matches, action }: NftRule, log: NonNullable<Nat['log']>): readonly NftRule[] {
  const isTranslation =
    action.do === 'dnat' || action.do === 'snat' || (action.do === 'masquerade' && !matches.some(({ on }) => on === 'redirected'))
  return isTranslation ? [logRule(name, chain, matches, log)] : []
}

/** Without a source or destination that says so, IPv6 is not masqueraded: it has addresses enough. */
function sourceRules(nat: Nat, spec: FirewallSpec): readonly NftRule[] {
  const destinations = selectors('destination', nat.destination, spec.sets)
  const to = parseNetwork(nat.to ?? '')
  const families: readonly Family[] = to.ok ? [to.value.family] : ['ip', 'ip6']
  const sources = selectors('source', nat.source, spec.sets).filter((one) => families.includes(one.family))
  const action: NftRule['action'] = to.ok ? { do: 'snat', family: to.value.family, to: to.value.text } : { do: 'masquerade' }
  const isAnywhere = sources.length === 0 && destinations.length === 0
  const family: Family = to.ok ? to.value.family : 'ip'
  const before = [...interfaces('out', nat.outInterface), ...(isAnywhere ? ([{ on: 'family', family }] as const) : [])]
  return combinations(sources, destinations).map((matches) => ({
    name: nat.name,
    chain: 'postrouting',
    matches: [...before, ...matches],
    action,
  }))
}

/** A dnat with everything that it is made of already read. */
interface Redirection {
  readonly name: string
  readonly to: Endpoint
  readonly protocol: PortProtocol
  readonly asked: PortRange
  /** What the traffic looks like once redirected. */
  readonly redirected: readonly NftMatch[]
  readonly action: NftRule['action']
}

function redirection(nat: Nat, spec: FirewallSpec): readonly NftRule[] {
  const to = parseEndpoint(nat.to ?? '')
  const asked = parsePort(nat.port ?? 0)
  if (to === undefined || !asked.ok) throw new Error(`the dnat ${nat.name} was not checked`)
  const protocol = nat.protocol ?? 'tcp'
  const arrives: PortRange = to.port === undefined ? asked.value : [to.port, to.port]
  const redirected: readonly NftMatch[] = [
    { on: 'redirected' },
    at(to.network),
    { on: 'port', side: 'destination', protocols: [protocol], ranges: [arrives] },
  ]
  const { family, text } = to.network
  const port = to.port === undefined ? {} : { port: to.port }
  const what = { name: nat.name, to, protocol, asked: asked.value, redirected, action: { do: 'dnat', family, to: text, ...port } } as const
  return [...incoming(nat, spec, what), ...hairpin(nat, spec, what), ...local(nat, what), ...through(nat, what)]
}

function incoming(nat: Nat, spec: FirewallSpec, what: Redirection): readonly NftRule[] {
  const family = what.to.network.family
  const sources = selectors('source', nat.source, spec.sets).filter((one) => one.family === family)
  const from = combinations(sources, [])
  return from.map((matches) => rule(what, 'prerouting', [...interfaces('in', nat.interface), ...matches, ...asked(nat, what)], what.action))
}

/**
 * A neighbour of the new address that asks for the public one: redirected whatever interface it comes in by, and masqueraded, since the answer
 * would otherwise go straight to the neighbour, which never asked that address.
 */
function hairpin(nat: Nat, spec: FirewallSpec, what: Redirection): readonly NftRule[] {
  const network = nat.hairpin ? hairpinNetwork(nat, spec) : undefined
  if (network === undefined) return []
  const neighbours: NftMatch = { on: 'address', side: 'source', family: what.to.network.family, values: [network] }
  return [
    rule(what, 'prerouting', [neighbours, ...asked(nat, what)], what.action),
    rule(what, 'postrouting', [neighbours, ...what.redirected], { do: 'masquerade' }),
  ]
}

/** 127.0.0.0/8 stays: a packet from there cannot leave the host, and services of the host listen there. */
function local(nat: Nat, what: Redirection): readonly NftRule[] {
  if (!nat.localOutput) return []
  const family = what.to.network.family
  const values = [family === 'ip' ? '127.0.0.0/8' : '::1']
  const notLoopback: readonly NftMatch[] = nat.destination ? [] : [{ on: 'address', side: 'destination', family, values, not: true }]
  return [rule(what, 'nat_output', [...notLoopback, ...asked(nat, what)], what.action)]
}

function through(nat: Nat, what: Redirection): readonly NftRule[] {
  return (nat.allowForward ?? true) ? [rule(what, 'forward', what.redirected, { do: 'accept' })] : []
}

/** What was asked for: the destination, by default any address of the target itself, and never traffic that merely passes through. */
function asked(nat: Nat, what: Redirection): readonly NftMatch[] {
  const [destination] = networksOf(nat.destination)
  const anyOwn: readonly NftMatch[] = [{ on: 'family', family: what.to.network.family }, { on: 'localDestination' }]
  const where = destination ? [at(destination)] : anyOwn
  return [...where, { on: 'port', side: 'destination', protocols: [what.protocol], ranges: [what.asked] }]
}

function at(network: Network): NftMatch {
  return { on: 'address', side: 'destination', family: network.family, values: [network.text] }
}

function rule(what: Redirection, chain: NftRule['chain'], matches: readonly NftMatch[], action: NftRule['action']): NftRule {
  return { name: what.name, chain, matches, action }
}
