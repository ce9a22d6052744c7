import { bridgesOf, type Neighbour } from './coexist.ts'
import type { FirewallSpec } from './spec.ts'

/** A base chain that is not ours and drops what nobody decides: its drop is final, whatever we accept (nft(8), CHAINS). */
export interface ForeignChain {
  readonly table: string
  readonly chain: string
  readonly hook: string
}

/** What is beside our table, as the vital's probe prints it. */
export interface Surroundings {
  /** `ip filter`, without our own. */
  readonly tables: readonly string[]
  /** `ip filter DOCKER`. */
  readonly chains: readonly string[]
  readonly interfaces: readonly string[]
  readonly drops: readonly ForeignChain[]
}

/** By what one is known: `FAMILY TABLE`, `FAMILY TABLE CHAIN` or a line `interface NAME`. */
const signs: readonly (readonly [name: string, sign: RegExp])[] = [
  ['docker', /^(?:interface docker0|ip6? \S+ DOCKER(?:-\S+)?)$/],
  ['lxc', /^(?:interface lxcbr0|(?:inet|ip6?) lxc)$/],
  ['libvirt', /^(?:interface virbr\S*|(?:inet|ip6?) libvirt_network|ip6? \S+ LIBVIRT_\S+)$/],
  ['podman', /^(?:interface podman\S*|inet netavark|ip6? \S+ NETAVARK\S*)$/],
  ['fail2ban', /^(?:\S+ f2b-table|ip6? \S+ f2b-\S+)$/],
  ['firewalld', /^(?:inet|ip6?) firewalld$/],
  ['ufw', /^ip6? \S+ ufw6?-\S+$/],
  ['iptables', /^ip6? (?:filter|nat|mangle|raw|security)$/],
]

/** Reads `interface NAME` lines and `nft -nn list chains`. */
export function readSurroundings(text: string): Surroundings {
  const found: { tables: string[]; chains: string[]; interfaces: string[]; drops: ForeignChain[] } = {
    ...{ tables: [], chains: [], interfaces: [], drops: [] },
  }
  let [table, chain] = ['', '']
  for (const line of text.split('\n')) {
    const name = /^interface (\S+)$/.exec(line)?.[1]
    if (name !== undefined) found.interfaces.push(name)
    const opened = /^table (\S+ \S+) \{$/.exec(line)?.[1]
    if (opened !== undefined) table = opened
    if (opened !== undefined && opened !== 'inet reeve') found.tables.push(opened)
    chain = /^\tchain (\S+) \{$/.exec(line)?.[1] ?? chain
    if (table === 'inet reeve') continue
    if (/^\tchain \S+ \{$/.test(line)) found.chains.push(`${table} ${chain}`)
    const hook = /^\t\ttype filter hook (\w+) .*policy drop;$/.exec(line)?.[1]
    if (hook !== undefined) found.drops.push({ table, chain, hook })
  }
  return found
}

/** Who else filters there, by name: `docker`, `fail2ban`; a table that nobody is known for by its own. */
export function neighboursOf({ tables, chains, interfaces }: Surroundings): readonly string[] {
  const seen = [...tables, ...chains, ...interfaces.map((name) => `interface ${name}`)]
  const known = signs.filter(([, sign]) => seen.some((one) => sign.test(one))).map(([name]) => name)
  const isKnown = (table: string) =>
    signs.some(([, sign]) => sign.test(table) || chains.some((chain) => chain.startsWith(`${table} `) && sign.test(chain)))
  return [...known, ...tables.filter((table) => !isKnown(table)).map((table) => `table ${table}`)]
}

/** Those whose guests a forward policy of drop cuts off: they are there, and neither `coexist` nor a rule by their bridges speaks of them. */
export function cutOff(spec: FirewallSpec, neighbours: readonly string[]): readonly Neighbour[] {
  if (spec.policy?.forward !== 'drop') return []
  const rules = (spec.rules ?? []).filter((rule) => rule.chain === 'forward')
  const named = rules.flatMap((rule) => [rule.interface ?? [], rule.outInterface ?? []].flat())
  const isSpokenOf = (name: Neighbour) => spec.coexist?.includes(name) || bridgesOf[name].some((bridge) => named.includes(bridge))
  return (Object.keys(bridgesOf) as Neighbour[]).filter((name) => neighbours.includes(name) && !isSpokenOf(name))
}
