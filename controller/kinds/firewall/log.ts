import type { ChainName, NftMatch, NftRule } from '../../primitives/nftTable/spec.ts'
import type { FirewallSpec } from './spec.ts'

/** Lines in the kernel's log about what matches, so many at most: a flood must not fill the disk. */
export function logRule(name: string, chain: ChainName, matches: readonly NftMatch[], log: NonNullable<FirewallSpec['log']>): NftRule {
  const { prefix, rate = '5/minute', burst = 10, level = 'info' } = log
  return { name, chain, matches: [...matches, { on: 'limit', rate, burst }], action: { do: 'log', prefix, level } }
}
