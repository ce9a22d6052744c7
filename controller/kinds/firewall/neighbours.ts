import { bridgesOf, type Neighbour } from './coexist.ts'
import type { FirewallSpec } from './spec.ts'

/** What is beside our table, as the vital's probe prints it. */
export interface Surroundings {
  /** `ip filter`, without our own. */
  readonly tables: readonly string[]
  /** `ip filter DOCKER`. */
  readonly chains: readonly string[]
  readonly interfaces: readonly string[]
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

/** Reads `interface NAME` lines and what nft lists of chains or of the whole ruleset. */
export function readSurroundings(text: string): Surroundings {
  const found: { tables: string[]; chains: string[]; interfaces: string[] } = { tables: [], chains: [], interfaces: [] }
  let table = ''
  for (const line of text.split('\n')) {
    const name = /^interface (\S+)$/.exec(line)?.[1]
    if (name !== undefined) found.interfaces.push(name)
    const opened = /^table (\S+ \S+) \{$/.exec(line)?.[1]
    if (opened !== undefined) table = opened
    if (opened !== undefined && opened !== 'inet reeve') found.tables.push(opened)
    const chain = /^\tchain (\S+) \{$/.exec(line)?.[1]
    if (chain !== undefined && table !== 'inet reeve') found.chains.push(`${table} ${chain}`)
  }
  return found
}

/** Who else filters there, by name: `docker`, `fail2ban`; a table that nobody is known for by its own. */
export function neighboursOf({ tables, chains, interfaces }: Surroundings): readonly string[] {
  const seen = [...tables, ...chains, ...interfaces.map((name) => `interface ${name}`)]
  const known = signs.filter(([, sign]) => seen.some((one) => sign.test(one))).map(([name]) => name)
  return [...known, ...tables.filter((table) => keeperOf(table, chains) === undefined).map((table) => `table ${table}`)]
}

/** Who is known to keep a table, by its name and its chains. */
export function keeperOf(table: string, chains: readonly string[]): string | undefined {
  const own = chains.filter((chain) => chain.startsWith(`${table} `))
  return signs.find(([, sign]) => sign.test(table) || own.some((chain) => sign.test(chain)))?.[0]
}

/** Those whose guests a forward policy of drop cuts off: they are there, and neither `coexist` nor a rule by their bridges speaks of them. */
export function cutOff(spec: FirewallSpec, neighbours: readonly string[]): readonly Neighbour[] {
  if (spec.policy?.forward !== 'drop') return []
  const rules = (spec.rules ?? []).filter((rule) => rule.chain === 'forward')
  const named = rules.flatMap((rule) => [rule.interface ?? [], rule.outInterface ?? []].flat())
  const isSpokenOf = (name: Neighbour) => spec.coexist?.includes(name) || bridgesOf[name].some((bridge) => named.includes(bridge))
  return (Object.keys(bridgesOf) as Neighbour[]).filter((name) => neighbours.includes(name) && !isSpokenOf(name))
}
