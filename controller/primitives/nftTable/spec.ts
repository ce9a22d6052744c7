import type { PrimitiveId } from '../../model/ids.ts'
import { primitiveId } from '../../model/ids.ts'
import type { NetworkProbe, Spec } from '../../model/primitive.ts'

/** The one table `inet reeve` of a target. Each Firewall manifest gives a part; `merge` joins them. */
export interface NftTableSpec extends Spec<'nftTable'> {
  /** In the order of `order`, then name. Never empty. */
  readonly parts: readonly NftPart[]
  readonly confirm: NftConfirm
}

/** How a change is proven before it is kept; not part of the table. */
export interface NftConfirm {
  readonly withinMs: number
  /** Asked besides a new connection. */
  readonly probes: readonly NetworkProbe[]
}

/** What one Firewall manifest gives: its sets and rules stand in chains of its own, its base in the base chains. */
export interface NftPart {
  /** Name of the manifest. */
  readonly name: string
  readonly order: number
  /** In at most one part of a table. */
  readonly base?: NftBase
  readonly sets: readonly NftSet[]
  readonly rules: readonly NftRule[]
}

/** Policies of the base chains, and what is asked there before and after all parts. */
export interface NftBase {
  readonly policy: Readonly<Partial<Record<FilterChain, 'accept' | 'drop'>>>
  readonly opening: readonly NftRule[]
  readonly closing: readonly NftRule[]
}

export interface NftSet {
  readonly name: string
  /** What it holds: addresses of one family, or ports. */
  readonly holds: Family | 'port'
  /** Addresses, prefixes and intervals in canonical form, or `80`, `8000-8100`. */
  readonly elements: readonly string[]
  readonly autoMerge: boolean
  /** Filled at run time: by others, or by a rule that counts each source. Then without elements, and what it holds is not compared. */
  readonly filled?: NftFilled
}

export interface NftFilled {
  readonly by: 'others' | 'rule'
  /** How long an element without a timeout of its own stays. */
  readonly timeoutSeconds?: number
  /** Most elements. */
  readonly size?: number
}

export type FilterChain = 'input' | 'forward' | 'output'
export type NatChain = 'prerouting' | 'nat_output' | 'postrouting'
export type ChainName = FilterChain | NatChain
export type Family = 'ip' | 'ip6'
export type Side = 'source' | 'destination'
/** IANA protocol numbers of those that a rule can name. */
export const protocolNumbers = { tcp: 6, udp: 17, sctp: 132, dccp: 33, icmp: 1, icmpv6: 58, esp: 50, ah: 51, gre: 47 } as const
export type Protocol = keyof typeof protocolNumbers
/** Protocols that have ports. */
export type PortProtocol = 'tcp' | 'udp' | 'sctp' | 'dccp'
export type PortRange = readonly [low: number, high: number]
export type TcpFlag = 'fin' | 'syn' | 'rst' | 'psh' | 'ack' | 'urg'

export type ConnectionState = 'new' | 'established' | 'related' | 'invalid' | 'untracked'

/** One nft rule. Several may share a name: together they are what the manifest calls a rule. */
export interface NftRule {
  readonly name: string
  readonly chain: ChainName
  readonly matches: readonly NftMatch[]
  /** Counts what gets this far. */
  readonly counter?: true
  readonly action: NftAction
}

export type NftMatch =
  | { readonly on: 'interface'; readonly direction: 'in' | 'out'; readonly names: readonly string[] }
  | { readonly on: 'address'; readonly side: Side; readonly family: Family; readonly values: readonly string[]; readonly not?: true }
  | { readonly on: 'set'; readonly side: Side; readonly family: Family; readonly set: string }
  | { readonly on: 'protocol'; readonly protocols: readonly Protocol[] }
  | { readonly on: 'port'; readonly side: Side; readonly protocols: readonly PortProtocol[]; readonly ranges: readonly PortRange[] }
  | { readonly on: 'portSet'; readonly side: Side; readonly protocols: readonly PortProtocol[]; readonly set: string }
  | { readonly on: 'icmpType'; readonly family: Family; readonly types: readonly number[] }
  | { readonly on: 'state'; readonly states: readonly ConnectionState[] }
  | { readonly on: 'redirected' }
  | { readonly on: 'family'; readonly family: Family }
  | { readonly on: 'localDestination' }
  | { readonly on: 'tcpFlags'; readonly mask: readonly TcpFlag[]; readonly set: readonly TcpFlag[] }
  | { readonly on: 'limit'; readonly rate: string; readonly burst: number }
  /** Counts each source address of the family by itself, in a set that is filled by the rule. */
  | { readonly on: 'limitPerSource'; readonly family: Family; readonly set: string; readonly rate: string; readonly burst: number }

export type NftAction =
  | { readonly do: 'accept' | 'drop' | 'continue' | 'masquerade' }
  | { readonly do: 'reject'; readonly with: 'tcp reset' | 'port-unreachable' }
  | { readonly do: 'snat'; readonly family: Family; readonly to: string }
  | { readonly do: 'dnat'; readonly family: Family; readonly to: string; readonly port?: number }
  | { readonly do: 'log'; readonly prefix: string; readonly level: string }

/** Key and id of the only table that Reeve owns on a target. */
export const nftTableId: PrimitiveId = primitiveId('nftTable', 'inet reeve')

/** What one manifest wants of its target's table. Kept when no manifest asks any more: taking it away would open the host. */
export function nftTable(part: NftPart, confirm: NftConfirm, common: Pick<Spec, 'adopt' | 'driftPolicy' | 'needs'> = {}): NftTableSpec {
  return { ...common, type: 'nftTable', id: nftTableId, deletionPolicy: 'Retain', parts: [part], confirm }
}

/** Joins the parts of two manifests; a string says why they cannot stand in one table. */
export function mergeTables(one: NftTableSpec, other: NftTableSpec): NftTableSpec | string {
  const parts = [...one.parts, ...other.parts].sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1))
  const bases = parts.filter((part) => part.base !== undefined)
  if (bases.length > 1) return `policy is set by ${bases.map((part) => `Firewall/${part.name}`).join(' and ')}; keep it in one of them`
  const needs = [...(one.needs ?? []), ...(other.needs ?? [])]
  return {
    ...one,
    ...(needs.length === 0 ? {} : { needs }),
    ...(other.driftPolicy === 'Report' ? { driftPolicy: 'Report' } : {}),
    parts,
    confirm: mergeConfirm(one.confirm, other.confirm),
    adopt: strictest(one.adopt, other.adopt),
  }
}

function mergeConfirm(one: NftConfirm, other: NftConfirm): NftConfirm {
  const seen = new Set(one.probes.map((probe) => JSON.stringify(probe)))
  const added = other.probes.filter((probe) => !seen.has(JSON.stringify(probe)))
  return { withinMs: Math.max(one.withinMs, other.withinMs), probes: [...one.probes, ...added] }
}

function strictest(one: Spec['adopt'], other: Spec['adopt']): 'IfEqual' | 'Replace' | 'Never' {
  const both = [one ?? 'IfEqual', other ?? 'IfEqual']
  return both.includes('Never') ? 'Never' : both.includes('IfEqual') ? 'IfEqual' : 'Replace'
}
