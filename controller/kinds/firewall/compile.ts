import type { NetworkProbe } from '../../model/primitive.ts'
import { parseSeconds } from '../../model/quantity.ts'
import type { NftConfirm, NftPart, NftSet } from '../../primitives/nftTable/spec.ts'
import { joinNetworks } from './address.ts'
import { baseOf } from './base.ts'
import { filterRules } from './filter.ts'
import { limitSets } from './limit.ts'
import { natRules } from './nat.ts'
import { namesOf, networksOf } from './selectors.ts'
import type { FirewallSpec } from './spec.ts'
import { joinRanges, parsePort } from './words.ts'

/** What a Firewall gives to its target's table. Expects a spec that `check` let through, with addresses in the place of Containers. */
export function partOf(name: string, spec: FirewallSpec): NftPart {
  const base = baseOf(spec)
  const filters = (spec.rules ?? []).flatMap((rule) => filterRules(rule, spec))
  const declared = Object.entries(spec.sets ?? {}).flatMap(([set, wanted]) => (wanted === undefined ? [] : setsOf(set, wanted, spec)))
  return {
    name,
    order: spec.order ?? 100,
    ...(base === undefined ? {} : { base }),
    sets: [...declared, ...limitSets(spec.rules ?? [], filters)],
    rules: [...filters, ...(spec.nat ?? []).flatMap((nat) => natRules(nat, spec))],
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

function setsOf(name: string, wanted: NonNullable<NonNullable<FirewallSpec['sets']>[string]>, spec: FirewallSpec): readonly NftSet[] {
  const { autoMerge = false, elements = [] } = wanted
  const more = wanted.external ? { filled: filledByOthers(wanted.timeout) } : {}
  if (wanted.type === 'ports') return [{ name, holds: 'port', elements: portElements(elements, autoMerge), autoMerge, ...more }]
  const networks = networksOf(elements.map(String))
  return namesOf(name, spec.sets).map(({ set, family }) => {
    const own = networks.filter((network) => network.family === family)
    return { name: set, holds: family, elements: autoMerge ? joinNetworks(own) : own.map(({ text }) => text), autoMerge, ...more }
  })
}

function filledByOthers(timeout: string | undefined): NonNullable<NftSet['filled']> {
  const seconds = parseSeconds(timeout ?? '')
  return { by: 'others', ...(seconds.ok ? { timeoutSeconds: seconds.value } : {}) }
}

function portElements(elements: readonly (string | number)[], autoMerge: boolean): readonly string[] {
  const ranges = elements.flatMap((element) => {
    const parsed = parsePort(element)
    return parsed.ok ? [parsed.value] : []
  })
  return (autoMerge ? joinRanges(ranges) : ranges).map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`))
}
