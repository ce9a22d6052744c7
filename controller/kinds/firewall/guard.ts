import type { NftMatch, NftPart, NftRule, PortRange } from '../../primitives/nftTable/spec.ts'
import { isEverywhere, isLoopback, parseNetwork } from './address.ts'
import { parsePort } from './words.ts'

/** Whether a new SSH connection of the controller, which comes from an address and interface that nobody knows here, is matched. `others`: who fills a set decides. */
type Certainty = 'yes' | 'maybe' | 'others' | 'no'

/** What is known of that connection: where it goes to. */
export interface Arrival {
  /** The hypervisor's address, where it is one and not a name. */
  readonly address: string | undefined
  readonly port: number
}

/** What denies the connection, or may come to do so without a change in Git. */
export interface Denial {
  /** Name of the manifest. */
  readonly part: string
  /** The rule by which others, or the controller itself by coming often, would shut it out; absent where it is shut out as it is. */
  readonly rule?: string
  readonly because?: 'set' | 'limit'
}

/** Why the connection may not come in; undefined where it may. */
export function denialOf(parts: readonly NftPart[], arrival: Arrival): Denial | undefined {
  const redirection = denied(
    parts.flatMap((part) => rulesIn('prerouting', part, part.rules)),
    arrival,
    ['dnat'],
  )
  return redirection ?? denialInInput(parts, arrival)
}

function denialInInput(parts: readonly NftPart[], arrival: Arrival): Denial | undefined {
  const rules = inOrder(parts)
  const open = rules.findIndex(({ part, rule }) => rule.action.do === 'accept' && letsIn(rule, arrival, part))
  const before = denied(open === -1 ? rules : rules.slice(0, open), arrival, ['drop', 'reject'])
  if (before !== undefined || open !== -1) return before
  const closed = parts.find((part) => part.base?.policy.input === 'drop')
  if (closed === undefined) return undefined
  const narrow = rules.find(({ part, rule }) => rule.action.do === 'accept' && certainty(rule, arrival, part) !== 'no')
  return narrow === undefined ? { part: closed.name } : { part: closed.name, ...reasonOf(narrow.rule) }
}

/** Not by a limit, which the controller or anybody else may use up, and not by what others put into a set. */
function letsIn(rule: NftRule, arrival: Arrival, part: NftPart): boolean {
  return ['yes', 'maybe'].includes(certainty(rule, arrival, part)) && !isLimited(rule)
}

function reasonOf(rule: NftRule): Pick<Denial, 'rule' | 'because'> {
  return { rule: rule.name, because: isLimited(rule) ? 'limit' : 'set' }
}

function isLimited(rule: NftRule): boolean {
  return rule.matches.some(({ on }) => on === 'limit' || on === 'limitPerSource')
}

interface Placed {
  readonly part: NftPart
  readonly rule: NftRule
}

/** The first of these rules that surely denies it, or does so as soon as others put its address into a set. */
function denied(rules: readonly Placed[], arrival: Arrival, actions: readonly string[]): Denial | undefined {
  for (const { part, rule } of rules.filter((one) => actions.includes(one.rule.action.do))) {
    const matched = certainty(rule, arrival, part)
    if (matched === 'yes') return { part: part.name }
    if (matched === 'others') return { part: part.name, rule: rule.name, because: 'set' }
  }
  return undefined
}

function rulesIn(chain: NftRule['chain'], part: NftPart, rules: readonly NftRule[] = []): readonly Placed[] {
  return rules.filter((rule) => rule.chain === chain).map((rule) => ({ part, rule }))
}

/** The rules of the input chain as a packet meets them. */
function inOrder(parts: readonly NftPart[]): readonly Placed[] {
  return [
    ...parts.flatMap((part) => rulesIn('input', part, part.base?.opening)),
    ...parts.flatMap((part) => rulesIn('input', part, part.rules)),
    ...parts.flatMap((part) => rulesIn('input', part, part.base?.closing)),
  ]
}

function certainty(rule: NftRule, arrival: Arrival, part: NftPart): Certainty {
  const all = rule.matches.map((match) => matches(match, arrival, part))
  return (['no', 'others', 'maybe'] as const).find((one) => all.includes(one)) ?? 'yes'
}

function matches(match: NftMatch, arrival: Arrival, part: NftPart): Certainty {
  switch (match.on) {
    case 'interface':
      return match.direction === 'out' || match.names.every((name) => name === 'lo') ? 'no' : 'maybe'
    case 'address':
      return address(match, arrival)
    case 'set':
      if (isOtherFamily(match.family, arrival)) return 'no'
      return isFilled(part, match.set) ? 'others' : isEmpty(part, match.set) ? 'no' : 'maybe'
    case 'protocol':
      return match.protocols.includes('tcp') ? 'yes' : 'no'
    case 'port':
      return portCertainty(match, match.ranges, arrival)
    case 'portSet':
      if (isFilled(part, match.set)) return match.protocols.includes('tcp') ? 'others' : 'no'
      return portCertainty(match, rangesOf(part, match.set), arrival)
    case 'tcpFlags':
      return isSyn(match.mask, match.set) ? 'yes' : 'no'
    case 'state':
      return match.states.includes('new') ? 'yes' : 'no'
    case 'icmpType':
    case 'redirected':
      return 'no'
    case 'family':
      return isOtherFamily(match.family, arrival) ? 'no' : arrival.address === undefined ? 'maybe' : 'yes'
    case 'localDestination':
      return 'yes'
    case 'limit':
      return 'yes'
    case 'limitPerSource':
      // A rule of both families is two: of an address that is not known one or the other counts it.
      return isOtherFamily(match.family, arrival) ? 'no' : 'yes'
    default:
      throw new Error(`not a match of nft: ${JSON.stringify(match satisfies never)}`)
  }
}

function address(match: NftMatch & { on: 'address' }, arrival: Arrival): Certainty {
  if (isOtherFamily(match.family, arrival)) return 'no'
  const values = match.values.map(parseNetwork)
  if (values.some((value) => value.ok && isEverywhere(value.value))) return arrival.address === undefined ? 'maybe' : 'yes'
  const isOnlyLoopback = values.every((value) => value.ok && isLoopback(value.value))
  return match.not !== true && isOnlyLoopback ? 'no' : 'maybe'
}

/** Of a client's own port nothing is known. */
function portCertainty(
  { protocols, side }: { readonly protocols: readonly string[]; readonly side: string },
  ranges: readonly PortRange[],
  arrival: Arrival,
): Certainty {
  if (!protocols.includes('tcp') || ranges.length === 0) return 'no'
  if (side === 'source') return 'maybe'
  return ranges.some(([low, high]) => low <= arrival.port && arrival.port <= high) ? 'yes' : 'no'
}

function rangesOf(part: NftPart, name: string): readonly PortRange[] {
  const elements = part.sets.find((set) => set.name === name)?.elements ?? []
  return elements.flatMap((element) => {
    const parsed = parsePort(element)
    return parsed.ok ? [parsed.value] : []
  })
}

function isOtherFamily(family: 'ip' | 'ip6', arrival: Arrival): boolean {
  const parsed = parseNetwork(arrival.address ?? '')
  return parsed.ok && parsed.value.family !== family
}

function isEmpty(part: NftPart, name: string): boolean {
  return part.sets.find((set) => set.name === name)?.elements.length === 0
}

/** Whether others fill it. */
function isFilled(part: NftPart, name: string): boolean {
  return part.sets.find((set) => set.name === name)?.filled !== undefined
}

/** The first packet of a connection has SYN and no other flag. */
function isSyn(mask: readonly string[], set: readonly string[]): boolean {
  return mask.filter((flag) => flag === 'syn').join() === set.join()
}
