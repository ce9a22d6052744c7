import { formatIpv4, isIpAddress, parseIpv4, parseIpv4Interface } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { formatBytes, parseBytes, parseSeconds } from '../../model/quantity.ts'
import { declaredBridges } from './bridges.ts'
import type { Container, Network } from './provider.ts'
import { checkBytes } from './quantities.ts'

const leastMemory = 16n << 20n

/** What the schema cannot say of one container, whatever runs it. */
export function check(manifest: Container, fleet: Fleet): readonly Diagnostic[] {
  return [...checkResources(manifest), ...checkNetwork(manifest, fleet), ...checkRest(manifest)]
}

function checkResources(manifest: Container): readonly Diagnostic[] {
  const { memory, memoryHigh, swap, cpuSet } = manifest.spec.resources ?? {}
  const found = [
    ...checkBytes(manifest, 'resources.memory', memory, leastMemory),
    ...checkBytes(manifest, 'resources.memoryHigh', memoryHigh, leastMemory),
    ...checkBytes(manifest, 'resources.swap', swap, 0n),
    ...checkCpuSet(manifest, cpuSet),
  ]
  return found.length > 0 ? found : checkMemoryOrder(manifest, memory, memoryHigh)
}

function checkMemoryOrder(manifest: Container, memory: string | undefined, high: string | undefined): readonly Diagnostic[] {
  if (memory === undefined || high === undefined) return []
  const [limit, throttle] = [parseBytes(memory), parseBytes(high)]
  if (!limit.ok || !throttle.ok || limit.value >= throttle.value) return []
  const summary = `resources.memory (${formatBytes(limit.value)}) is lower than memoryHigh (${formatBytes(throttle.value)})`
  return [complain(manifest, 'spec.resources.memory', summary, lostDigit(memory))]
}

/** A number of bytes that lost its last digit on the way, as in one of the recipes: 53687091 for 536870912. */
function lostDigit(text: string): string {
  const powers = Array.from({ length: 24 }, (_, index) => 1n << BigInt(index + 20))
  const meant = powers.find((bytes) => String(bytes).slice(0, -1) === text)
  return meant === undefined ? 'swap the two, or raise memory' : `did you mean ${meant} (${formatBytes(meant)})?`
}

function checkCpuSet(manifest: Container, cpuSet: string | undefined): readonly Diagnostic[] {
  const wrong = (cpuSet ?? '0').split(',').find((part) => {
    const [from = 0, to = from] = part.split('-').map(Number)
    return to < from || to > 8191
  })
  if (wrong === undefined) return []
  return [
    complain(
      manifest,
      'spec.resources.cpuSet',
      `resources.cpuSet ${wrong} is not a range of CPUs`,
      'write the lower number first, at most 8191',
    ),
  ]
}

function checkNetwork(manifest: Container, fleet: Fleet): readonly Diagnostic[] {
  const networks = manifest.spec.network ?? []
  const gateways = networks.flatMap((network, index) => (network.ipv4?.gateway === undefined ? [] : [index]))
  return [
    ...networks.flatMap((network, index) => checkInterface(manifest, network, index, fleet)),
    ...gateways.slice(1).map((index) => complain(manifest, `spec.network[${index}].ipv4.gateway`, 'only one network may have a gateway')),
  ]
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

function checkRest(manifest: Container): readonly Diagnostic[] {
  const { dns, stop } = manifest.spec
  const timeout = parseSeconds(stop?.timeout ?? '60s')
  const isLong = !timeout.ok || timeout.value < 1 || timeout.value > 600
  const bad = (dns?.nameservers ?? []).flatMap((server, index) => (isIpAddress(server) ? [] : [{ server, index }]))
  return [
    ...bad.map(({ server, index }) =>
      complain(manifest, `spec.dns.nameservers[${index}]`, `dns.nameservers[${index}] ${server} is not an IPv4/IPv6 address`),
    ),
    ...(isLong ? [complain(manifest, 'spec.stop.timeout', `stop.timeout ${stop?.timeout} is not between 1s and 10m`)] : []),
  ]
}
