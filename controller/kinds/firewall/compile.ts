import type { NetworkProbe } from '../../model/primitive.ts'
import { parseSeconds } from '../../model/quantity.ts'
import type { NftConfirm, NftMatch, NftPart, NftRule, NftSet } from '../../primitives/nftTable/spec.ts'
import { joinNetworks } from './address.ts'
import { baseOf } from './base.ts'
import { natRules } from './nat.ts'
import { rejections } from './reject.ts'
import { combinations, interfaces, networksOf, type Rule, selectors } from './selectors.ts'
import type { FirewallSpec } from './spec.ts'
import { hasPorts, icmpTypes, icmpv6Types, joinRanges, listOf, parsePort } from './words.ts'

/** What a Firewall gives to its target's table. Expects a spec that `check` let through. */
export function partOf(name: string, spec: FirewallSpec): NftPart {
  const base = baseOf(spec)
  return {
    name,
    order: spec.order ?? 100,
    ...(base === undefined ? {} : { base }),
    sets: Object.entries(spec.sets ?? {}).flatMap(([set, wanted]) => (wanted === undefined ? [] : [setOf(set, wanted)])),
    rules: [...(spec.rules ?? []).flatMap((rule) => filterRules(rule, spec)), ...(spec.nat ?? []).flatMap((nat) => natRules(nat, spec))],
  }
}

/** How a change is proven: by default within 30 seconds. */
export function confirmOf(spec: FirewallSpec): NftConfirm {
  const seconds = parseSeconds(spec.confirm?.timeout ?? '30s')
  return { withinMs: (seconds.ok ? seconds.value : 30) * 1000, probes: (spec.confirm?.tcp ?? []).flatMap(tcpProbe) }
}

/** `HOST:PORT` or `[ADDRESS]:PORT`. */
export function tcpProbe(text: string): readonly NetworkProbe[] {
  const match = /^(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  return host !== undefined && port >= 1 && port <= 65_535 ? [{ type: 'tcp', host, port }] : []
}

function setOf(name: string, wanted: NonNullable<NonNullable<FirewallSpec['sets']>[string]>): NftSet {
  const networks = networksOf(wanted.elements)
  const elements = wanted.autoMerge ? joinNetworks(networks) : networks.map((network) => network.text)
  return { name, family: wanted.type === 'ipv6' ? 'ip6' : 'ip', elements, autoMerge: wanted.autoMerge ?? false }
}

function filterRules(rule: Rule, spec: FirewallSpec): readonly NftRule[] {
  const where = combinations(selectors('source', rule.source, spec.sets), selectors('destination', rule.destination, spec.sets))
  const before = [...interfaces('in', rule.interface), ...interfaces('out', rule.outInterface)]
  const after = [...services(rule), ...limitOf(rule)]
  return where.flatMap((matches) =>
    actionsOf(rule).map(({ only, action }) => ({
      name: rule.name,
      chain: rule.chain,
      matches: [...before, ...matches, ...after, ...only],
      action,
    })),
  )
}

function services(rule: Rule): readonly NftMatch[] {
  const protocols = [...new Set(listOf(rule.protocol))]
  const flags: readonly NftMatch[] = rule.tcpFlags ? [{ on: 'tcpFlags', mask: rule.tcpFlags.mask, set: rule.tcpFlags.set }] : []
  const ranges = listOf<number | string>(rule.ports).flatMap((port) => {
    const parsed = parsePort(port)
    return parsed.ok ? [parsed.value] : []
  })
  if (ranges.length > 0) return [{ on: 'port', protocols: protocols.filter(hasPorts), ranges: joinRanges(ranges) }, ...flags]
  if (rule.icmpTypes) return [icmpMatch(protocols[0] === 'icmpv6' ? 'ip6' : 'ip', rule.icmpTypes)]
  return protocols.length === 0 ? flags : [{ on: 'protocol', protocols }, ...flags]
}

function icmpMatch(family: 'ip' | 'ip6', names: readonly string[]): NftMatch {
  const known = family === 'ip' ? icmpTypes : icmpv6Types
  return { on: 'icmpType', family, types: [...new Set(names.flatMap((name) => known[name] ?? []))] }
}

function limitOf(rule: Rule): readonly NftMatch[] {
  return rule.limit ? [{ on: 'limit', rate: rule.limit.rate, burst: rule.limit.burst ?? 5 }] : []
}

function actionsOf(rule: Rule): typeof rejections {
  if (rule.action !== 'reject') return [{ only: [], action: { do: rule.action === 'accept' ? 'accept' : 'drop' } }]
  const protocols = listOf(rule.protocol)
  // One limit must not become two: TCP beyond the first would be answered by the second.
  const isTcp = protocols.length > 0 && protocols.every((protocol) => protocol === 'tcp')
  if (rule.limit && !isTcp) return rejections.slice(1)
  if (protocols.length === 0) return rejections
  if (isTcp) return rejections.slice(0, 1).map((one) => ({ ...one, only: [] }))
  return protocols.includes('tcp') ? rejections : rejections.slice(1)
}
