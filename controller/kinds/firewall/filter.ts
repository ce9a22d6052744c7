import type { NftMatch, NftRule, Side } from '../../primitives/nftTable/spec.ts'
import { limitsOf } from './limit.ts'
import { logRule } from './log.ts'
import { rejections } from './reject.ts'
import { combinations, interfaces, type Rule, selectors } from './selectors.ts'
import type { FirewallSpec } from './spec.ts'
import { hasPorts, icmpTypes, icmpv6Types, joinRanges, listOf, parsePort } from './words.ts'

/** One filter rule of a manifest as those of nft: an alternative of addresses or ports each, logged before it is acted on. */
export function filterRules(rule: Rule, spec: FirewallSpec): readonly NftRule[] {
  const where = combinations(selectors('source', rule.source, spec.sets), selectors('destination', rule.destination, spec.sets))
  const before = [...interfaces('in', rule.interface), ...interfaces('out', rule.outInterface)]
  const alternatives = where.flatMap((ends) => services(rule).map((service) => [...before, ...ends, ...service, ...stateOf(rule)]))
  return alternatives.flatMap((matches) => [
    ...logOf(rule, matches),
    ...limitsOf(rule, matches).flatMap((limit) => verdicts(rule, [...matches, ...limit])),
  ])
}

function verdicts(rule: Rule, matches: readonly NftMatch[]): readonly NftRule[] {
  const counter = rule.counter ? ({ counter: true } as const) : {}
  const { name, chain } = rule
  return actionsOf(rule).map(({ only, action }) => ({ name, chain, matches: [...matches, ...only], ...counter, action }))
}

function logOf({ name, chain, log }: Rule, matches: readonly NftMatch[]): readonly NftRule[] {
  return log === undefined ? [] : [logRule(name, chain, matches, log)]
}

function services(rule: Rule): readonly (readonly NftMatch[])[] {
  const protocols = [...new Set(listOf(rule.protocol))]
  const flags: readonly NftMatch[] = rule.tcpFlags ? [{ on: 'tcpFlags', mask: rule.tcpFlags.mask, set: rule.tcpFlags.set }] : []
  if (rule.icmpTypes) return [[icmpMatch(protocols[0] === 'icmpv6' ? 'ip6' : 'ip', rule.icmpTypes)]]
  const from = portMatches('source', rule.sourcePorts, rule)
  const to = portMatches('destination', rule.ports, rule)
  if (from.length + to.length === 0) return [protocols.length === 0 ? flags : [{ on: 'protocol', protocols }, ...flags]]
  const sources = from.length === 0 ? [[]] : from.map((match) => [match])
  return sources.flatMap((match) => (to.length === 0 ? [[...match, ...flags]] : to.map((other) => [...match, other, ...flags])))
}

/** What nft can match of a list of ports: all that stand in the list at once, and each set by itself. */
function portMatches(side: Side, ports: Rule['ports'], { protocol }: Rule): readonly NftMatch[] {
  const all = listOf<number | string>(ports)
  const protocols = [...new Set(listOf(protocol))].filter(hasPorts)
  const ranges = all.flatMap((port) => {
    const parsed = parsePort(port)
    return parsed.ok ? [parsed.value] : []
  })
  const sets = all.filter((port) => typeof port === 'string').filter((port) => port.startsWith('@'))
  return [
    ...(ranges.length === 0 ? [] : [{ on: 'port', side, protocols, ranges: joinRanges(ranges) } as const]),
    ...[...new Set(sets)].map((set) => ({ on: 'portSet', side, protocols, set: set.slice(1) }) as const),
  ]
}

function icmpMatch(family: 'ip' | 'ip6', names: readonly string[]): NftMatch {
  const known = family === 'ip' ? icmpTypes : icmpv6Types
  return { on: 'icmpType', family, types: [...new Set(names.flatMap((name) => known[name] ?? []))] }
}

function stateOf(rule: Rule): readonly NftMatch[] {
  return rule.states ? [{ on: 'state', states: [...new Set(rule.states)] }] : []
}

function actionsOf(rule: Rule): typeof rejections {
  if (rule.action === 'continue') return rule.counter ? [{ only: [], action: { do: 'continue' } }] : []
  if (rule.action !== 'reject') return [{ only: [], action: { do: rule.action === 'accept' ? 'accept' : 'drop' } }]
  const protocols = listOf(rule.protocol)
  // One limit must not become two: TCP beyond the first would be answered by the second.
  const isTcp = protocols.length > 0 && protocols.every((protocol) => protocol === 'tcp')
  if (rule.limit && !isTcp) return rejections.slice(1)
  if (protocols.length === 0) return rejections
  if (isTcp) return rejections.slice(0, 1).map((one) => ({ ...one, only: [] }))
  return protocols.includes('tcp') ? rejections : rejections.slice(1)
}
