import type { NftMatch, NftPart, NftRule, PortRange } from '../../primitives/nftTable/spec.ts'
import { isEverywhere, isLoopback, parseNetwork } from './address.ts'
import { parsePort } from './words.ts'

/** Whether a new SSH connection of the controller, which comes from an address and interface that nobody knows here, is matched. */
type Certainty = 'yes' | 'maybe' | 'no'

/** What is known of that connection: where it goes to. */
export interface Arrival {
  /** The hypervisor's address, where it is one and not a name. */
  readonly address: string | undefined
  readonly port: number
}

/** The part of a table that surely denies the connection, or undefined where it may come in. `''` is the policy. */
export function whoDenies(parts: readonly NftPart[], arrival: Arrival): string | undefined {
  const redirector = parts.find((part) =>
    part.rules.some((rule) => rule.chain === 'prerouting' && certainty(rule, arrival, part) === 'yes'),
  )
  if (redirector) return redirector.name
  for (const { part, rule } of inOrder(parts)) {
    const matched = certainty(rule, arrival, part)
    if (rule.action.do === 'accept' && matched !== 'no') return undefined
    if ((rule.action.do === 'drop' || rule.action.do === 'reject') && matched === 'yes') return part.name
  }
  const closed = parts.find((part) => part.base?.policy.input === 'drop')
  return closed?.name
}

/** The rules of the input chain as a packet meets them. */
function inOrder(parts: readonly NftPart[]): readonly { readonly part: NftPart; readonly rule: NftRule }[] {
  const input = (part: NftPart, rules: readonly NftRule[] = []) =>
    rules.filter((rule) => rule.chain === 'input').map((rule) => ({ part, rule }))
  return [
    ...parts.flatMap((part) => input(part, part.base?.opening)),
    ...parts.flatMap((part) => input(part, part.rules)),
    ...parts.flatMap((part) => input(part, part.base?.closing)),
  ]
}

function certainty(rule: NftRule, arrival: Arrival, part: NftPart): Certainty {
  const all = rule.matches.map((match) => matches(match, arrival, part))
  return all.includes('no') ? 'no' : all.includes('maybe') ? 'maybe' : 'yes'
}

function matches(match: NftMatch, arrival: Arrival, part: NftPart): Certainty {
  switch (match.on) {
    case 'interface':
      return match.direction === 'out' || match.names.every((name) => name === 'lo') ? 'no' : 'maybe'
    case 'address':
      return address(match, arrival)
    case 'set':
      return isOtherFamily(match.family, arrival) || isEmpty(part, match.set) ? 'no' : 'maybe'
    case 'protocol':
      return match.protocols.includes('tcp') ? 'yes' : 'no'
    case 'port':
      return portCertainty(match, match.ranges, arrival)
    case 'portSet':
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
      return 'maybe'
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

/** The first packet of a connection has SYN and no other flag. */
function isSyn(mask: readonly string[], set: readonly string[]): boolean {
  return mask.filter((flag) => flag === 'syn').join() === set.join()
}
