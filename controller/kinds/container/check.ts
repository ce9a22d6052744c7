import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { formatBytes, parseBytes, parseSeconds } from '../../model/quantity.ts'
import { checkNetwork } from './checkNetwork.ts'
import type { Container } from './provider.ts'
import { bytes, checkBytes } from './quantities.ts'
import { checkRootfs } from './rootfs.ts'

const leastMemory = 16n << 20n

/** What the schema cannot say of one container, whatever runs it. */
export function check(manifest: Container, fleet: Fleet): readonly Diagnostic[] {
  return [...checkRootfs(manifest), ...checkResources(manifest), ...checkNetwork(manifest, fleet), ...checkRest(manifest)]
}

function checkResources(manifest: Container): readonly Diagnostic[] {
  const { memory, memoryHigh, memoryReservation, swap, cpuSet } = manifest.spec.resources ?? {}
  const found = [
    ...checkBytes(manifest, 'resources.memory', memory, leastMemory),
    ...checkBytes(manifest, 'resources.memoryHigh', memoryHigh, leastMemory),
    ...checkBytes(manifest, 'resources.memoryReservation', memoryReservation, 0n),
    ...checkBytes(manifest, 'resources.swap', swap, 0n),
    ...checkCpuSet(manifest, cpuSet),
  ]
  if (found.length > 0) return found
  return [...checkMemoryOrder(manifest, memory, memoryHigh), ...checkReservation(manifest, memory, memoryReservation)]
}

function checkMemoryOrder(manifest: Container, memory: string | undefined, high: string | undefined): readonly Diagnostic[] {
  if (memory === undefined || high === undefined) return []
  const [limit, throttle] = [parseBytes(memory), parseBytes(high)]
  if (!limit.ok || !throttle.ok || limit.value >= throttle.value) return []
  const summary = `resources.memory (${formatBytes(limit.value)}) is lower than memoryHigh (${formatBytes(throttle.value)})`
  return [complain(manifest, 'spec.resources.memory', summary, lostDigit(memory))]
}

function checkReservation(manifest: Container, memory: string | undefined, reservation: string | undefined): readonly Diagnostic[] {
  if (memory === undefined || reservation === undefined) return []
  const [limit, kept] = [bytes(memory), bytes(reservation)]
  if (kept <= limit) return []
  const summary = `resources.memoryReservation (${formatBytes(kept)}) is more than memory (${formatBytes(limit)}), which it can never use`
  return [complain(manifest, 'spec.resources.memoryReservation', summary, 'lower it, or raise memory')]
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
