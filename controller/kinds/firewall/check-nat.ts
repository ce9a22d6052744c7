import { isOneAddress, notAnAddress, parseNetwork } from './address.ts'
import { checkAddresses, checkFamilies, checkLog } from './check-rule.ts'
import type { Finding } from './finding.ts'
import { hairpinNetwork, parseEndpoint } from './nat.ts'
import type { Nat } from './selectors.ts'
import type { FirewallSpec } from './spec.ts'
import { parsePort } from './words.ts'

const dnatOnly = ['interface', 'protocol', 'port', 'hairpin', 'hairpinFrom', 'localOutput', 'allowForward'] as const

/** Everything that the schema cannot say about one translation. */
export function checkNat(nat: Nat, spec: FirewallSpec): readonly Finding[] {
  const addresses = [...checkAddresses('source', nat.source, spec.sets), ...checkAddresses('destination', nat.destination, spec.sets)]
  const families = checkFamilies('source', nat.source, 'destination', nat.destination, spec.sets)
  const own = nat.type === 'dnat' ? checkDnat(nat, spec) : [...checkStrayFields(nat), ...checkSource(nat, spec)]
  const log = checkLog(nat.log).map((finding) => ({ ...finding, path: `log.${finding.path}` }))
  return [...addresses, ...families, ...own, ...log]
}

function checkStrayFields(nat: Nat): readonly Finding[] {
  const stray = dnatOnly.filter((field) => nat[field] !== undefined)
  return stray.map((path) => ({
    path,
    summary:
      path === 'interface'
        ? 'no input interface in postrouting: nft accepts it and it never matches; use outInterface'
        : `${path} belongs to a dnat, not to a ${nat.type}`,
  }))
}

function checkSource(nat: Nat, spec: FirewallSpec): readonly Finding[] {
  const unbounded = nat.source === undefined && nat.outInterface === undefined
  const bounds = unbounded
    ? [{ path: '', summary: `${nat.type} needs source or outInterface: it would translate everything that leaves` }]
    : []
  if (nat.type === 'masquerade')
    return nat.to === undefined
      ? bounds
      : [...bounds, { path: 'to', summary: 'masquerade takes the address of the interface; remove to, or use snat' }]
  if (nat.to === undefined) return [...bounds, { path: 'type', summary: 'snat needs to, the new source address' }]
  const to = parseNetwork(nat.to)
  if (!to.ok || !isOneAddress(to.value)) return [...bounds, { path: 'to', summary: `to must be one address; ${notAnAddress}` }]
  const sides = [
    ...checkFamilies('source', nat.source, 'to', nat.to, spec.sets),
    ...checkFamilies('destination', nat.destination, 'to', nat.to, spec.sets),
  ]
  return [...bounds, ...sides]
}

function checkDnat(nat: Nat, spec: FirewallSpec): readonly Finding[] {
  if (nat.outInterface !== undefined)
    return [{ path: 'outInterface', summary: 'no output interface in prerouting: nft accepts it and it never matches; use interface' }]
  if (nat.to === undefined) return [{ path: 'type', summary: 'dnat needs to, the new address' }]
  const to = parseEndpoint(nat.to)
  if (to === undefined) return [{ path: 'to', summary: `to must be an address, ADDRESS:PORT or [ADDRESS]:PORT; ${notAnAddress}` }]
  const address = to.network.text
  return [
    ...checkDnatPort(nat, to.port !== undefined),
    ...checkDestination(nat),
    ...checkFamilies('source', nat.source, 'to', address, spec.sets),
    ...checkFamilies('destination', nat.destination, 'to', address, spec.sets),
    ...checkHairpin(nat, spec, address),
  ]
}

function checkDnatPort(nat: Nat, hasNewPort: boolean): readonly Finding[] {
  if (nat.port === undefined) return [{ path: 'type', summary: 'dnat needs port, the port or range that is asked for' }]
  const asked = parsePort(nat.port)
  if (!asked.ok) return [{ path: 'port', summary: asked.reason }]
  const isRange = asked.value[0] !== asked.value[1]
  return isRange && hasNewPort ? [{ path: 'to', summary: 'a range of ports keeps its ports: give to without a port' }] : []
}

function checkDestination(nat: Nat): readonly Finding[] {
  const parsed = parseNetwork(nat.destination ?? '')
  if (nat.destination === undefined || !parsed.ok || isOneAddress(parsed.value)) return []
  return [{ path: 'destination', summary: 'destination of a dnat must be one address' }]
}

function checkHairpin(nat: Nat, spec: FirewallSpec, address: string): readonly Finding[] {
  const isGiven = nat.hairpinFrom !== undefined
  if (isGiven && !nat.hairpin) return [{ path: 'hairpinFrom', summary: 'hairpinFrom needs hairpin: true' }]
  const from = isGiven ? checkAddresses('hairpinFrom', nat.hairpinFrom, undefined) : []
  const families = isGiven ? checkFamilies('to', address, 'hairpinFrom', nat.hairpinFrom, undefined) : []
  if (!nat.hairpin || from.length > 0 || hairpinNetwork(nat, spec) !== undefined) return [...from, ...families]
  return [
    { path: 'hairpin', summary: `hairpin must know the network of ${address}: add hairpinFrom, or a masquerade or snat with its source` },
  ]
}
