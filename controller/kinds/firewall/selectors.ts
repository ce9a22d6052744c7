import type { Family, NftMatch, Side } from '../../primitives/nftTable/spec.ts'
import { joinNetworks, type Network, parseNetwork } from './address.ts'
import type { FirewallSpec } from './spec.ts'
import { listOf } from './words.ts'

export type Rule = NonNullable<FirewallSpec['rules']>[number]
export type Nat = NonNullable<FirewallSpec['nat']>[number]
const families: readonly Family[] = ['ip', 'ip6']
type Texts = string | readonly string[] | undefined

/** What one rule of nft can match on a side: addresses of one family, or one set. */
export type Selector = { readonly family: Family; readonly match: NftMatch }

/** A list of addresses and sets as the alternatives that nft can match; empty means anywhere. Expects what `check` let through. */
export function selectors(side: Side, texts: Texts, sets: FirewallSpec['sets']): readonly Selector[] {
  const networks = networksOf(texts)
  const inline = families.flatMap((family) => addressSelector(side, family, networks))
  const named = listOf(texts).filter((text) => text.startsWith('@'))
  return [...inline, ...named.flatMap((text) => setSelectors(side, text.slice(1), sets))]
}

/** The addresses among the texts; sets and what is no address are left out. */
export function networksOf(texts: Texts): readonly Network[] {
  return listOf(texts).flatMap((text) => {
    const parsed = text.startsWith('@') ? undefined : parseNetwork(text)
    return parsed?.ok ? [parsed.value] : []
  })
}

/** Every combination of source and destination that can be: both of one family. */
export function combinations(sources: readonly Selector[], destinations: readonly Selector[]): readonly (readonly NftMatch[])[] {
  if (sources.length === 0) return destinations.length === 0 ? [[]] : destinations.map((one) => [one.match])
  if (destinations.length === 0) return sources.map((one) => [one.match])
  return sources.flatMap((from) => destinations.filter((to) => to.family === from.family).map((to) => [from.match, to.match]))
}

/** Interfaces by name; they need not exist yet. */
export function interfaces(direction: 'in' | 'out', names: string | readonly string[] | undefined): readonly NftMatch[] {
  return names === undefined ? [] : [{ on: 'interface', direction, names: widest([...new Set(listOf(names))]) }]
}

/** Without names that a `*` covers: nft joins them by itself, and the listing would not load into itself. */
function widest(names: readonly string[]): readonly string[] {
  const isCovered = (name: string) => names.some((other) => other !== name && other.endsWith('*') && name.startsWith(other.slice(0, -1)))
  return names.filter((name) => !isCovered(name))
}

function addressSelector(side: Side, family: Family, networks: readonly Network[]): readonly Selector[] {
  const values = joinNetworks(networks.filter((network) => network.family === family))
  return values.length === 0 ? [] : [{ family, match: { on: 'address', side, family, values } }]
}

function setSelectors(side: Side, name: string, sets: FirewallSpec['sets']): readonly Selector[] {
  return namesOf(name, sets).map(({ set, family }) => ({ family, match: { on: 'set', side, family, set } }))
}

/** nft's sets are of one family: one that is mixed in the manifest is two of them, `NAME.ip` and `NAME.ip6`. */
export function namesOf(name: string, sets: FirewallSpec['sets']): readonly { readonly set: string; readonly family: Family }[] {
  const type = sets?.[name]?.type
  if (type !== 'mixed') return [{ set: name, family: type === 'ipv6' ? 'ip6' : 'ip' }]
  return families.map((family) => ({ set: `${name}.${family}`, family }))
}
