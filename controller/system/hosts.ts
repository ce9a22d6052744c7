import { isIpAddress, parseIpv4 } from '../model/address.ts'
import { isDnsLabel } from '../model/ids.ts'
import { complain } from '../model/kind.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import { longestBlock } from '../primitives/block/spec.ts'
import type { SystemPlace } from './place.ts'
import type { SystemSpec } from './spec.ts'

type Host = NonNullable<SystemSpec['hosts']>[number]

/** What the schema cannot say of lines of /etc/hosts (hosts(5)). */
export function checkHosts({ manifest, system: { hosts = [] } }: SystemPlace): readonly Diagnostic[] {
  const size = hosts.reduce((sum, { address, names }) => sum + address.length + names.join(' ').length + 2, 0)
  if (size > longestBlock)
    return [
      complain(manifest, 'spec.system.hosts', `these are ${size} bytes; a block holds at most ${longestBlock}`, 'use the DNS for so many'),
    ]
  return [...hosts.flatMap((host, index) => checkHost(manifest, host, `spec.system.hosts[${index}]`)), ...checkTwice(manifest, hosts)]
}

function checkHost(manifest: Manifest, { address, names }: Host, at: string): readonly Diagnostic[] {
  const problem = addressProblem(address)
  return [
    ...(problem ? [complain(manifest, `${at}.address`, problem)] : []),
    ...names.flatMap((name, index) => {
      const wrong = nameProblem(name)
      return wrong ? [complain(manifest, `${at}.names[${index}]`, wrong)] : []
    }),
  ]
}

/** Loopback's lines are the machine's own: Debian keeps its name at 127.0.1.1. */
function addressProblem(address: string): string | undefined {
  if (!isIpAddress(address)) return `${address} is not an IP address`
  const isLoopback = parseIpv4(address) !== undefined ? address.startsWith('127.') : canonical(address) === '::1'
  return isLoopback ? `${address} is loopback; these lines of /etc/hosts are the machine's own` : undefined
}

function canonical(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address
}

function nameProblem(name: string): string | undefined {
  if (!name.split('.').every((label) => isDnsLabel(label.toLowerCase())))
    return `${name} is no host name: each label is 1 to 63 letters, digits and -`
  if (parseIpv4(name) !== undefined) return `${name} is an address, not a host name`
  return name.toLowerCase() === 'localhost' ? "localhost is loopback; its lines of /etc/hosts are the machine's own" : undefined
}

/** A name may have an address of each family; two of one would be found in the order of lines, or not. */
function checkTwice(manifest: Manifest, hosts: readonly Host[]): readonly Diagnostic[] {
  const seen = new Map<string, string>()
  const claim = (value: string, path: string, says: string): readonly Diagnostic[] => {
    const first = seen.get(value)
    if (first !== undefined) return [complain(manifest, `spec.system.${path}`, `${says} is already at ${first}`)]
    seen.set(value, path)
    return []
  }
  return hosts.flatMap(({ address, names }, index) => [
    ...(isIpAddress(address) ? claim(canonical(address), `hosts[${index}].address`, address) : []),
    ...names.flatMap((name, place) =>
      claim(`${address.includes(':') ? 'IPv6' : 'IPv4'} ${name.toLowerCase()}`, `hosts[${index}].names[${place}]`, name),
    ),
  ])
}
