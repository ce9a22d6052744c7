import {
  formatIpv4,
  formatIpv6,
  type Ipv6Interface,
  parseIpv4,
  parseIpv4Interface,
  parseIpv6,
  parseIpv6Interface,
} from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { declaredBridges } from './bridges.ts'
import type { Container, Network } from './provider.ts'

/** Interfaces and their addresses, whatever runs the container. */
export function checkNetwork(manifest: Container, fleet: Fleet): readonly Diagnostic[] {
  const networks = manifest.spec.network ?? []
  return [
    ...networks.flatMap((network, index) => checkInterface(manifest, network, index, fleet)),
    ...(['ipv4', 'ipv6'] as const).flatMap((family) => checkGateways(manifest, networks, family)),
  ]
}

function checkGateways(manifest: Container, networks: readonly Network[], family: 'ipv4' | 'ipv6'): readonly Diagnostic[] {
  const gateways = networks.flatMap((network, index) => (network[family]?.gateway === undefined ? [] : [index]))
  const summary = family === 'ipv4' ? 'only one network may have a gateway' : 'only one network may have an IPv6 gateway'
  return gateways.slice(1).map((index) => complain(manifest, `spec.network[${index}].${family}.gateway`, summary))
}

function checkInterface(manifest: Container, network: Network, index: number, fleet: Fleet): readonly Diagnostic[] {
  const at = `network[${index}]`
  const first = (manifest.spec.network ?? []).findIndex((other) => other.name === network.name)
  return [
    ...(network.name === 'lo'
      ? [complain(manifest, `spec.${at}.name`, `${at}.name lo is the loopback interface, which is always there`)]
      : []),
    ...(first === index ? [] : [complain(manifest, `spec.${at}.name`, `${at}.name ${network.name} is also the name of network[${first}]`)]),
    ...checkIpv4(manifest, network, at),
    ...checkIpv6(manifest, network, at),
    ...checkDhcp(manifest, network, at),
    ...checkBridge(manifest, network, at, fleet),
  ]
}

function checkIpv4(manifest: Container, network: Network, at: string): readonly Diagnostic[] {
  if (network.ipv4 === undefined) return []
  const { address, gateway } = network.ipv4
  const parsed = parseIpv4Interface(address)
  if (!parsed.ok) return [complain(manifest, `spec.${at}.ipv4.address`, `${at}.ipv4.address ${parsed.reason}`)]
  const own = parsed.value
  const reserved = own.prefixLength > 30 ? '' : own.address === own.network ? 'network' : own.address === own.broadcast ? 'broadcast' : ''
  const subnet = `${formatIpv4(own.network)}/${own.prefixLength}`
  if (reserved !== '')
    return [
      complain(
        manifest,
        `spec.${at}.ipv4.address`,
        `${at}.ipv4.address ${formatIpv4(own.address)} is the ${reserved} address of ${subnet}`,
      ),
    ]
  return gateway === undefined ? [] : checkGateway(manifest, gateway, at, own, subnet)
}

function checkGateway(
  manifest: Container,
  gateway: string,
  at: string,
  own: { readonly network: number; readonly broadcast: number; readonly address: number },
  subnet: string,
): readonly Diagnostic[] {
  const path = `spec.${at}.ipv4.gateway`
  const value = parseIpv4(gateway)
  if (value === undefined) return [complain(manifest, path, `${at}.ipv4.gateway ${gateway} is not an IPv4 address`)]
  if (value < own.network || value > own.broadcast) return [complain(manifest, path, `${at}.ipv4.gateway ${gateway} is not in ${subnet}`)]
  return value === own.address ? [complain(manifest, path, `${at}.ipv4.gateway ${gateway} is the container's own address`)] : []
}

function checkBridge(manifest: Container, network: Network, at: string, fleet: Fleet): readonly Diagnostic[] {
  const host = manifest.spec.hypervisor
  if (declaredBridges(fleet, host).has(network.bridge)) return []
  const summary = `bridge ${network.bridge} is not in system.bridges of Hypervisor ${host}`
  const hint = 'declare it there, unless it exists by other means: without it the container does not start'
  return [{ ...complain(manifest, `spec.${at}.bridge`, summary, hint), severity: 'warning' }]
}

function checkDhcp(manifest: Container, { guest, ipv4 }: Network, at: string): readonly Diagnostic[] {
  if (guest !== 'dhcp' || ipv4 === undefined) return []
  const summary = `${at}.guest dhcp asks a server for the address, and ${at}.ipv4 gives one`
  return [complain(manifest, `spec.${at}.guest`, summary, 'leave ipv4 out, or set guest: static')]
}

function checkIpv6(manifest: Container, { ipv6 }: Network, at: string): readonly Diagnostic[] {
  if (ipv6 === undefined) return []
  const path = `spec.${at}.ipv6`
  const parsed = parseIpv6Interface(ipv6.address)
  if (!parsed.ok) return [complain(manifest, `${path}.address`, `${at}.ipv6.address ${parsed.reason}`)]
  const refusal = refuseIpv6(parsed.value)
  if (refusal !== undefined) return [complain(manifest, `${path}.address`, `${at}.ipv6.address ${ipv6.address} ${refusal}`)]
  return ipv6.gateway === undefined ? [] : checkIpv6Gateway(manifest, ipv6.gateway, at, parsed.value)
}

function refuseIpv6({ address, network, prefixLength }: Ipv6Interface): string | undefined {
  if (address >> 120n === 0xffn) return 'is a group of machines (multicast)'
  if (address >> 118n === 0x3fan) return 'is link-local, which the kernel gives every interface by itself'
  return prefixLength < 127 && address === network ? 'is the router anycast address of its subnet' : undefined
}

function checkIpv6Gateway(manifest: Container, gateway: string, at: string, own: Ipv6Interface): readonly Diagnostic[] {
  const path = `spec.${at}.ipv6.gateway`
  const value = parseIpv6(gateway)
  if (value === undefined) return [complain(manifest, path, `${at}.ipv6.gateway ${gateway} is not an IPv6 address`)]
  if (value === own.address) return [complain(manifest, path, `${at}.ipv6.gateway ${gateway} is the container's own address`)]
  const hostBits = BigInt(128 - own.prefixLength)
  if (value >> 118n === 0x3fan || value >> hostBits === own.network >> hostBits) return []
  return [complain(manifest, path, `${at}.ipv6.gateway ${gateway} is not in ${formatIpv6(own.network)}/${own.prefixLength}`)]
}
