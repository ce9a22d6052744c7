import { parseSeconds } from '../../model/quantity.ts'
import type { Family, NftMatch, NftRule, NftSet } from '../../primitives/nftTable/spec.ts'
import type { Finding } from './finding.ts'
import type { Rule } from './selectors.ts'

const secondsPer: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 }
const usualBurst = 5
const usualSize = 65_535
const longestSeconds = 30 * 86_400

/** What a rule's limit is to nft: nothing, one limit for all, or a set for each family that its matches leave open. */
export function limitsOf({ name, limit }: Rule, matches: readonly NftMatch[]): readonly (readonly NftMatch[])[] {
  if (limit === undefined) return [[]]
  const { rate, burst = usualBurst, per } = limit
  if (per === undefined) return [[{ on: 'limit', rate, burst }]]
  return familiesOf(matches).map((family) => [{ on: 'limitPerSource', family, set: `limit.${name}.${family}`, rate, burst }])
}

/** The sets by which sources are counted. One that is forgotten may begin anew: so none is before its burst would be full again. */
export function limitSets(rules: readonly Rule[], compiled: readonly NftRule[]): readonly NftSet[] {
  const used = compiled.flatMap(({ name, matches }) =>
    matches.flatMap((match) => (match.on === 'limitPerSource' ? [{ name, holds: match.family, set: match.set }] : [])),
  )
  const bySet = new Map(used.map((one) => [one.set, one]))
  return [...bySet.values()].flatMap(({ name, holds, set }) => {
    const limit = rules.find((rule) => rule.name === name)?.limit
    if (limit === undefined) return []
    const filled = { by: 'rule', size: limit.size ?? usualSize, timeoutSeconds: rememberedSeconds(limit) } as const
    return [{ name: set, holds, elements: [], autoMerge: false, filled }]
  })
}

/** What the schema cannot say about a limit. */
export function checkLimit({ limit }: Rule): readonly Finding[] {
  if (limit === undefined) return []
  const stray = limit.per === undefined ? (['timeout', 'size'] as const).filter((field) => limit[field] !== undefined) : []
  if (stray.length > 0) return stray.map((path) => ({ path: `limit.${path}`, summary: `${path} needs per: source` }))
  if (limit.per === undefined) return []
  const least = refillSeconds(limit)
  const path = limit.timeout === undefined ? 'limit.rate' : 'limit.timeout'
  if (least > longestSeconds)
    return [{ path: 'limit.rate', summary: 'a used burst fills again only after 30 days: sources are not remembered that long' }]
  if (limit.timeout === undefined) return []
  const given = parseSeconds(limit.timeout)
  if (!given.ok || given.value < 1 || given.value > longestSeconds) return [{ path, summary: 'limit.timeout must be 1s to 30d' }]
  if (given.value >= least) return []
  return [{ path, summary: `a used burst fills again after ${least}s: a source that is forgotten after ${limit.timeout} could begin anew` }]
}

type Limit = NonNullable<Rule['limit']>

function rememberedSeconds(limit: Limit): number {
  const given = parseSeconds(limit.timeout ?? '')
  return given.ok ? given.value : Math.max(60, refillSeconds(limit))
}

function refillSeconds({ rate, burst = usualBurst }: Limit): number {
  const [amount = '', unit = ''] = rate.split('/')
  return Math.ceil((burst * (secondsPer[unit] ?? 1)) / Number(amount))
}

function familiesOf(matches: readonly NftMatch[]): readonly Family[] {
  const [family] = matches.flatMap((match) => ('family' in match ? [match.family] : []))
  return family === undefined ? ['ip', 'ip6'] : [family]
}
