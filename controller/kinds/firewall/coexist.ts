import type { FilterChain, NftMatch, NftRule } from '../../primitives/nftTable/spec.ts'
import type { FirewallSpec } from './spec.ts'

export type Neighbour = 'docker' | 'lxc' | 'libvirt'

/** Interfaces by which those work who filter by themselves; docker names the bridge of a network of its own `br-` and twelve hex digits. */
export const bridgesOf: Readonly<Record<Neighbour, readonly string[]>> = {
  docker: ['docker0', 'br-*'],
  lxc: ['lxcbr0'],
  libvirt: ['virbr*'],
}

/** Whose dnsmasq on the host answers their guests. */
const serving: readonly Neighbour[] = ['lxc', 'libvirt']

/**
 * Asked after all rules and before the policy's drop, which would be final for the others too: what nobody decided here is left to their own
 * tables, whose drops are just as final.
 */
export function coexistRules(chain: FilterChain, spec: FirewallSpec): readonly NftRule[] {
  const neighbours = [...new Set(spec.coexist ?? [])]
  if (neighbours.length === 0) return []
  if (chain === 'forward') return [...neighbours.flatMap(forwarded), accept(chain, 'redirected', [{ on: 'redirected' }])]
  return chain === 'input' ? neighbours.filter((name) => serving.includes(name)).flatMap(served) : []
}

function forwarded(name: Neighbour): readonly NftRule[] {
  const names = bridgesOf[name]
  return (['in', 'out'] as const).map((direction) => accept('forward', name, [{ on: 'interface', direction, names }]))
}

function served(name: Neighbour): readonly NftRule[] {
  const guests: NftMatch = { on: 'interface', direction: 'in', names: bridgesOf[name] }
  const side = 'destination'
  return [
    accept('input', name, [guests, { on: 'port', side, protocols: ['tcp', 'udp'], ranges: [[53, 53]] }]),
    accept('input', name, [guests, { on: 'port', side, protocols: ['udp'], ranges: [[67, 67]] }]),
  ]
}

function accept(chain: FilterChain, name: string, matches: readonly NftMatch[]): NftRule {
  return { name, chain, matches, action: { do: 'accept' } }
}
