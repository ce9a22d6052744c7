import { renderRule } from './rule.ts'
import type { ChainName, FilterChain, NftFilled, NftPart, NftRule, NftSet, NftTableSpec } from './spec.ts'
import { nftAddress, nftName, nftNumber, nftPorts } from './words.ts'

/** Hook and priority of each base chain. nft 1.0.6 refuses the name dstnat on the output hook, so all priorities are numbers. */
const hooks: Readonly<Record<ChainName, string>> = {
  input: 'type filter hook input priority 0',
  forward: 'type filter hook forward priority 0',
  output: 'type filter hook output priority 0',
  prerouting: 'type nat hook prerouting priority -100',
  nat_output: 'type nat hook output priority -100',
  postrouting: 'type nat hook postrouting priority 100',
}
const setTypes = { ip: 'ipv4_addr', ip6: 'ipv6_addr', port: 'inet_service' } as const
const chainNames = Object.keys(hooks) as readonly ChainName[]

/** The table's definition, laid out as `nft list` lays it out. `fleet` goes into the table's comment, with the first part's name: the mark. */
export function renderTable(spec: NftTableSpec, fleet: string): string {
  const blocks = [...spec.parts.flatMap(renderSets), ...chainNames.flatMap((chain) => renderChains(spec.parts, chain))]
  const first = spec.parts[0]
  if (first === undefined) throw new Error('a table without parts')
  return `table inet reeve {\n\tcomment "${nftName(fleet)}/${nftName(first.name)}"\n${blocks.join('\n')}}\n`
}

/** What `nft -f` takes: whatever stands there is replaced by this in one transaction. Established connections live on. */
export function replacement(table: string): string {
  return `table inet reeve\ndelete table inet reeve\n${table}`
}

function renderSets(part: NftPart): readonly string[] {
  return part.sets.map((set) => block(`set ${nftName(set.name)}_${nftName(part.name)}`, setLines(set)))
}

function setLines(set: NftSet): readonly string[] {
  if (set.filled !== undefined) return filledLines(set, set.filled)
  const elements =
    set.elements.length === 0 ? [] : [`elements = { ${set.elements.map(set.holds === 'port' ? nftPorts : nftAddress).join(', ')} }`]
  return [`type ${setTypes[set.holds]}`, 'flags interval', ...(set.autoMerge ? ['auto-merge'] : []), ...elements]
}

/** Every one takes timeouts, by which it is known that what it holds is not compared (boot.ts). A rule can only add to a set of single addresses. */
function filledLines({ holds }: NftSet, { by, timeoutSeconds, size }: NftFilled): readonly string[] {
  return [
    `type ${setTypes[holds]}`,
    ...(size === undefined ? [] : [`size ${nftNumber(size, 1, 1_000_000)}`]),
    `flags ${by === 'rule' ? 'dynamic' : 'interval'},timeout`,
    ...(timeoutSeconds === undefined ? [] : [`timeout ${nftNumber(timeoutSeconds, 1, 31_536_000)}s`]),
  ]
}

/** A base chain, and one chain for each part that has rules there. */
function renderChains(parts: readonly NftPart[], chain: ChainName): readonly string[] {
  const base = parts.find((part) => part.base !== undefined)?.base
  const policy = base?.policy[chain as FilterChain]
  const inChain = (rule: NftRule) => rule.chain === chain
  const filled = parts.filter((part) => part.rules.some(inChain))
  const opening = base?.opening.filter(inChain) ?? []
  if (policy === undefined && filled.length === 0 && opening.length === 0) return []
  const closing = base?.closing.filter(inChain) ?? []
  const jumps = filled.map((part) => `jump ${chain}_${nftName(part.name)} comment "reeve:${nftName(part.name)}"`)
  const head = `${hooks[chain]}; policy ${policy ?? 'accept'};`
  return [
    block(`chain ${chain}`, [
      head,
      ...opening.map((rule) => renderRule(rule, '')),
      ...jumps,
      ...closing.map((rule) => renderRule(rule, '')),
    ]),
    ...filled.map((part) =>
      block(
        `chain ${chain}_${part.name}`,
        part.rules.filter(inChain).map((rule) => renderRule(rule, part.name)),
      ),
    ),
  ]
}

function block(head: string, lines: readonly string[]): string {
  return `\t${head} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`
}
