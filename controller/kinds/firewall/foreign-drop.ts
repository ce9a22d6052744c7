import { type Family, type NftMatch, type NftPart, type NftRule, type PortRange, protocolNumbers } from '../../primitives/nftTable/spec.ts'
import { parseNetwork } from './address.ts'
import type { ForeignChain, ForeignRule } from './foreign.ts'
import { type Service, type Share, shareOf } from './foreign-match.ts'
import { parsePort } from './words.ts'

/** A rule or policy of another table that drops what a rule of ours accepts, at whatever priority: a drop is final (nft(8), CHAINS). */
export interface ForeignDrop {
  readonly chain: ForeignChain
  /** Absent where it is the chain's policy. */
  readonly rule?: ForeignRule
  /** The hook by which it is come to. */
  readonly from: ForeignChain
  /** Names of our rules. */
  readonly cuts: string
  /** Only for some who ask, or under conditions that nobody here knows. */
  readonly isPartial: boolean
}

/** Hooks that a packet of a chain of ours passes. Before prerouting's translations a redirected one looks otherwise. */
const passes: Readonly<Record<string, readonly string[]>> = {
  input: ['ingress', 'prerouting', 'input'],
  forward: ['ingress', 'prerouting', 'forward', 'postrouting'],
  output: ['output', 'postrouting', 'egress'],
  redirected: ['forward', 'postrouting'],
}
/** Beyond this a ruleset is not walked. */
const mostSteps = 20_000

/** What other tables drop of what these rules accept: each rule once, with the first rule of ours that it cuts. */
export function foreignDrops(part: NftPart, chains: readonly ForeignChain[]): readonly ForeignDrop[] {
  const found = new Map<string, ForeignDrop>()
  const budget = { steps: mostSteps }
  for (const rule of part.rules.filter(({ action }) => action.do === 'accept'))
    for (const service of servicesOf(rule, part))
      for (const drop of dropsOf(service, hooksOf(rule), chains, budget)) {
        const key = `${drop.chain.table} ${drop.chain.chain} ${drop.rule?.text ?? ''}`
        const before = found.get(key)
        if (before === undefined || (before.isPartial && !drop.isPartial)) found.set(key, drop)
      }
  return [...found.values()]
}

/** For people: table, chain, hook and priority, and the rule as nft prints it. */
export function namesOfDrops(drops: readonly ForeignDrop[]): string {
  const most = 5
  const more = drops.length > most ? ` and ${drops.length - most} more` : ''
  return `${drops.slice(0, most).map(nameOf).join(', ')}${more}`
}

function nameOf({ chain, rule, from, cuts }: ForeignDrop): string {
  if (rule === undefined) return `${chain.table} ${chain.chain} (${from.hook})`
  const text = rule.text.replace(/[^ -~]/g, '?')
  const shown = text.length > 160 ? `${text.slice(0, 160)}…` : text
  const where = `${from.hook}, priority ${from.priority}${from === chain ? '' : `, from ${from.chain}`}`
  return `${chain.table} ${chain.chain} (${where}) "${shown}" cuts ${cuts}`
}

function hooksOf({ chain, matches }: NftRule): readonly string[] {
  return passes[matches.some(({ on }) => on === 'redirected') ? 'redirected' : chain] ?? []
}

function dropsOf(
  service: Service,
  hooks: readonly string[],
  chains: readonly ForeignChain[],
  budget: { steps: number },
): readonly ForeignDrop[] {
  const bases = chains.filter(({ hook }) => hook !== undefined && hooks.includes(hook))
  return bases.flatMap((base) => {
    const family = familyOfTable(base.table)
    if (family === undefined || (family !== 'both' && service.family !== undefined && service.family !== family)) return []
    const narrowed = family === 'both' ? service : { ...service, family }
    const walk: Walk = { service: narrowed, chains, from: base, drops: [], budget, isSure: true }
    const end = walkChain(base, walk)
    const policy = end === 'through' && base.isClosed ? [dropOf(walk, base, undefined, false)] : []
    return [...walk.drops, ...policy]
  })
}

function familyOfTable(table: string): Family | 'both' | undefined {
  const family = table.split(' ')[0]
  return family === 'ip' || family === 'ip6' ? family : family === 'inet' || family === 'netdev' ? 'both' : undefined
}

interface Walk {
  readonly service: Service
  readonly chains: readonly ForeignChain[]
  readonly from: ForeignChain
  readonly drops: ForeignDrop[]
  readonly budget: { steps: number }
  /** Nothing before may have let some of it through. */
  isSure: boolean
}

/** `decided`: all of it was accepted or dropped. */
type End = 'decided' | 'through'

function walkChain(chain: ForeignChain, walk: Walk, depth = 0): End {
  for (const rule of chain.rules) {
    if (walk.budget.steps-- <= 0 || depth > 16) return 'decided'
    const share = shareOf(rule.asks, walk.service)
    if (share === 'none') continue
    if (rule.verdict === undefined) walk.isSure &&= !/ vmap /.test(rule.text)
    else if (/^(?:drop|reject)/.test(rule.verdict)) {
      walk.drops.push(dropOf(walk, chain, rule, share === 'some' || !walk.isSure))
      if (share === 'all') return 'decided'
    } else if (rule.verdict === 'return') {
      if (share === 'all') return 'through'
      walk.isSure = false
    } else if (goOn(rule.verdict, share, chain, walk, depth) === 'decided') return 'decided'
    else if (rule.verdict.startsWith('goto ') && share === 'all') return 'through'
  }
  return 'through'
}

function goOn(verdict: string, share: Share, chain: ForeignChain, walk: Walk, depth: number): End {
  if (share !== 'all') walk.isSure = false
  if (verdict === 'accept') return share === 'all' ? 'decided' : 'through'
  const name = verdict.replace(/^\w+ /, '')
  const next = walk.chains.find((one) => one.table === chain.table && one.chain === name)
  if (next === undefined) return 'through'
  const end = walkChain(next, walk, depth + 1)
  return share === 'all' ? end : 'through'
}

function dropOf(walk: Walk, chain: ForeignChain, rule: ForeignRule | undefined, isPartial: boolean): ForeignDrop {
  return { chain, ...(rule === undefined ? {} : { rule }), from: walk.from, cuts: walk.service.rule, isPartial }
}

/** One for each protocol and range of ports of a rule of nft; none for what begins no connection. */
function servicesOf(rule: NftRule, part: NftPart): readonly Service[] {
  if (rule.matches.some((match) => match.on === 'tcpFlags' || (match.on === 'state' && !match.states.includes('new')))) return []
  const asked = rule.matches.find((match) => (match.on === 'port' || match.on === 'portSet') && match.side === 'destination')
  const protocols = rule.matches.flatMap((match) => protocolsOf(match))
  const ports = asked === undefined ? [undefined] : portsOf(asked, part)
  const [family] = rule.matches.flatMap((match) => ('family' in match ? [match.family] : []))
  const common = { rule: rule.name, family, sources: networksAt(rule, 'source'), destinations: networksAt(rule, 'destination') }
  const interfaces = { inward: namesAt(rule, 'in'), outward: namesAt(rule, 'out') }
  const each = protocols.length === 0 ? [undefined] : [...new Set(protocols)]
  return each.flatMap((protocol) => ports.map((range) => ({ ...common, ...interfaces, protocol, ports: range })))
}

function protocolsOf(match: NftMatch): readonly number[] {
  if (match.on === 'icmpType') return [match.family === 'ip' ? protocolNumbers.icmp : protocolNumbers.icmpv6]
  return 'protocols' in match ? match.protocols.map((one) => protocolNumbers[one]) : []
}

function portsOf(match: NftMatch, part: NftPart): readonly (PortRange | undefined)[] {
  if (match.on === 'port') return match.ranges
  const elements = match.on === 'portSet' ? (part.sets.find(({ name }) => name === match.set)?.elements ?? []) : []
  const ranges = elements.flatMap((element) => {
    const parsed = parsePort(element)
    return parsed.ok ? [parsed.value] : []
  })
  return ranges.length === 0 ? [undefined] : ranges
}

function networksAt({ matches }: NftRule, side: 'source' | 'destination'): Service['sources'] {
  const values = matches.flatMap((match) => (match.on === 'address' && match.side === side && !match.not ? match.values : []))
  if (values.length === 0) return undefined
  return values.flatMap((text) => {
    const parsed = parseNetwork(text)
    return parsed.ok ? [parsed.value] : []
  })
}

function namesAt({ matches }: NftRule, direction: 'in' | 'out'): readonly string[] | undefined {
  const [names] = matches.flatMap((match) => (match.on === 'interface' && match.direction === direction ? [match.names] : []))
  return names
}
