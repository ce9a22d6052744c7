import type { Family } from '../../primitives/nftTable/spec.ts'
import { familyName, parseNetwork } from './address.ts'
import type { Finding } from './finding.ts'
import { checkLimit } from './limit.ts'
import { namesOf, type Rule } from './selectors.ts'
import type { FirewallSpec } from './spec.ts'
import { hasPorts, icmpTypes, icmpv6Types, listOf, parsePort } from './words.ts'

type Sets = FirewallSpec['sets']

/** Everything that the schema cannot say about one filter rule. */
export function checkRule(rule: Rule, sets: Sets): readonly Finding[] {
  return [
    ...checkAction(rule),
    ...checkInterfaces(rule),
    ...checkPorts('ports', rule, sets),
    ...checkPorts('sourcePorts', rule, sets),
    ...checkLog(rule.log).map((finding) => ({ ...finding, path: `log.${finding.path}` })),
    ...checkLimit(rule),
    ...checkStates(rule),
    ...checkIcmp(rule, sets),
    ...checkAddresses('source', rule.source, sets),
    ...checkAddresses('destination', rule.destination, sets),
    ...checkFamilies('source', rule.source, 'destination', rule.destination, sets),
    ...checkFlags(rule),
  ]
}

function checkAction({ action, log, counter }: Rule): readonly Finding[] {
  if (action === 'continue') return log || counter ? [] : [{ path: 'action', summary: 'continue does nothing without log or counter' }]
  if (['accept', 'drop', 'reject'].includes(action)) return []
  if (['masquerade', 'snat', 'dnat'].includes(action))
    return [{ path: 'action', summary: `nat types live in nat[]: move this ${action} there` }]
  return [{ path: 'action', summary: `action must be accept, drop, reject or continue, not ${action}` }]
}

function checkInterfaces(rule: Rule): readonly Finding[] {
  if (rule.chain === 'input' && rule.outInterface !== undefined)
    return [{ path: 'outInterface', summary: 'no output interface in input: nft accepts it and it never matches' }]
  if (rule.chain === 'output' && rule.interface !== undefined)
    return [{ path: 'interface', summary: 'no input interface in output: nft accepts it and it never matches' }]
  return []
}

function checkPorts(field: 'ports' | 'sourcePorts', rule: Rule, sets: Sets): readonly Finding[] {
  const ports = rule[field]
  if (ports === undefined) return []
  const bad = listOf<number | string>(ports).flatMap((port, index) => {
    const summary = String(port).startsWith('@') ? missingSet(String(port).slice(1), sets, 'ports') : badPort(port)
    return summary === undefined ? [] : [{ path: typeof ports === 'object' ? `${field}[${index}]` : field, summary }]
  })
  const protocols = listOf(rule.protocol)
  const isPossible = protocols.length > 0 && protocols.every(hasPorts)
  return isPossible ? bad : [...bad, { path: field, summary: `${field} need protocol tcp, udp, sctp, dccp` }]
}

function badPort(port: number | string): string | undefined {
  const parsed = parsePort(port)
  return parsed.ok ? undefined : parsed.reason
}

/** Where the log of denied traffic and of a rule begin their lines. */
export function checkLog(log: FirewallSpec['log']): readonly Finding[] {
  return Buffer.byteLength(log?.prefix ?? '') > 127 ? [{ path: 'prefix', summary: 'log.prefix is limited to 127 bytes' }] : []
}

function checkStates(rule: Rule): readonly Finding[] {
  const twice = (rule.states ?? []).findIndex((state, index, all) => all.indexOf(state) !== index)
  return twice === -1 ? [] : [{ path: `states[${twice}]`, summary: `${rule.states?.[twice]} is named twice` }]
}

function checkIcmp(rule: Rule, sets: Sets): readonly Finding[] {
  const protocols = listOf(rule.protocol)
  const families = familiesOf([...listOf(rule.source), ...listOf(rule.destination)], sets)
  const conflicts = (protocols.includes('icmp') && families.has('ip6')) || (protocols.includes('icmpv6') && families.has('ip'))
  const conflict = conflicts ? [{ path: 'protocol', summary: 'conflicting protocols: icmp is IPv4, icmpv6 is IPv6' }] : []
  if (rule.icmpTypes === undefined) return conflict
  const only = protocols.length === 1 ? protocols[0] : undefined
  if (only !== 'icmp' && only !== 'icmpv6') return [...conflict, { path: 'icmpTypes', summary: 'icmpTypes need protocol icmp or icmpv6' }]
  return [...conflict, ...checkIcmpNames(rule.icmpTypes, only === 'icmp' ? icmpTypes : icmpv6Types, 'icmpTypes')]
}

/** Names of ICMP messages that there are not. */
export function checkIcmpNames(names: readonly string[], known: Readonly<Record<string, number>>, path: string): readonly Finding[] {
  const findings = names.map((name, index) => ({ name, path: `${path}[${index}]` })).filter(({ name }) => !Object.hasOwn(known, name))
  return findings.map((one) => ({ path: one.path, summary: `no ICMP message ${one.name}; there are ${Object.keys(known).join(', ')}` }))
}

/** Addresses that are none, and sets that are not there. */
export function checkAddresses(path: string, texts: string | readonly string[] | undefined, sets: Sets): readonly Finding[] {
  return listOf(texts).flatMap((text, index) => {
    const summary = text.startsWith('@') ? missingSet(text.slice(1), sets, 'addresses') : badNetwork(text)
    return summary === undefined ? [] : [{ path: typeof texts === 'string' ? path : `${path}[${index}]`, summary }]
  })
}

function missingSet(name: string, sets: Sets, wanted: 'ports' | 'addresses'): string | undefined {
  const found = sets !== undefined && Object.hasOwn(sets, name) ? sets[name] : undefined
  const holds = found?.type === 'ports' ? 'ports' : 'addresses'
  if (found !== undefined) return holds === wanted ? undefined : `set ${name} holds ${holds}; here a set of ${wanted} is needed`
  const names = Object.keys(sets ?? {})
  return `no set ${name} in this manifest; ${names.length === 0 ? 'there is none' : `there are ${names.join(', ')}`}`
}

function badNetwork(text: string): string | undefined {
  if (text.startsWith('Container/')) return `${text} is not Container/NAME; a port stands only in to of a dnat`
  if (/^[A-Z][A-Za-z]*\//.test(text)) return `${text}: only a Container can be named here, as Container/NAME`
  const parsed = parseNetwork(text)
  return parsed.ok ? undefined : parsed.reason
}

/** Two sides that no packet can have: one only IPv4, the other only IPv6. */
export function checkFamilies(
  one: string,
  ones: string | readonly string[] | undefined,
  other: string,
  others: string | readonly string[] | undefined,
  sets: Sets,
): readonly Finding[] {
  const [families, otherFamilies] = [familiesOf(listOf(ones), sets), familiesOf(listOf(others), sets)]
  if (families.size === 0 || otherFamilies.size === 0 || [...families].some((family) => otherFamilies.has(family))) return []
  return [{ path: other, summary: `${one} is ${names(families)} and ${other} is ${names(otherFamilies)}` }]
}

function familiesOf(texts: readonly string[], sets: Sets): ReadonlySet<Family> {
  const found = texts.flatMap((text): readonly Family[] => {
    if (text.startsWith('@'))
      return Object.hasOwn(sets ?? {}, text.slice(1)) ? namesOf(text.slice(1), sets).map(({ family }) => family) : []
    const parsed = parseNetwork(text)
    return parsed.ok ? [parsed.value.family] : []
  })
  return new Set(found)
}

function names(families: ReadonlySet<Family>): string {
  return [...families].map(familyName).join(' and ')
}

function checkFlags(rule: Rule): readonly Finding[] {
  if (rule.tcpFlags === undefined) return []
  const { mask, set } = rule.tcpFlags
  const stray = set.filter((flag) => !mask.includes(flag))
  const protocols = listOf(rule.protocol)
  return [
    ...(protocols.length === 1 && protocols[0] === 'tcp' ? [] : [{ path: 'tcpFlags', summary: 'tcpFlags need protocol tcp' }]),
    ...(stray.length === 0 ? [] : [{ path: 'tcpFlags.set', summary: `${stray.join(', ')} must also be in mask, or it never matches` }]),
  ]
}
