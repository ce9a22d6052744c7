import { isIpAddress, parseIpv4, parseIpv4Interface } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic, Manifest } from '../../model/manifest.ts'
import { checkSystem, twice } from '../../system/check.ts'
import { systemPlace } from './compile.ts'
import type { HypervisorSpec } from './spec.ts'

type Hypervisor = Manifest<'Hypervisor', HypervisorSpec>
type Bridge = NonNullable<NonNullable<HypervisorSpec['system']>['bridges']>[number]

/** What the schema cannot say of a machine. */
export function check(manifest: Hypervisor, fleet: Fleet): readonly Diagnostic[] {
  const { bridges = [] } = manifest.spec.system ?? {}
  return [
    ...checkAccess(manifest),
    ...checkJump(manifest, fleet),
    ...bridges.flatMap((bridge, index) => checkBridge(manifest, bridge, `spec.system.bridges[${index}]`)),
    ...checkPorts(manifest, bridges),
    ...twice(
      manifest,
      'bridges',
      bridges.map(({ name }) => name),
    ),
    ...checkSystem(systemPlace(manifest, fleet)),
  ]
}

function checkAccess(manifest: Hypervisor): readonly Diagnostic[] {
  const { address, user = 'root', become, hostKeys } = manifest.spec
  const found: Diagnostic[] = []
  if (become === 'None' && user !== 'root') {
    found.push(complain(manifest, 'spec.become', `user ${user} cannot change anything without sudo`, 'leave become out, or log in as root'))
  }
  if (/^[0-9.]+$/.test(address) && parseIpv4(address) === undefined)
    found.push(complain(manifest, 'spec.address', `${address} is not an IPv4 address`))
  if (address.includes(':') && !isIpAddress(address)) {
    found.push(complain(manifest, 'spec.address', `${address} is not an IPv6 address`, 'a port belongs into spec.ports'))
  }
  return [...found, ...hostKeys.flatMap((key, index) => checkHostKey(manifest, key, `spec.hostKeys[${index}]`))]
}

/** A public key blob begins with its own type (RFC 4253 6.6). */
function checkHostKey(manifest: Hypervisor, key: string, path: string): readonly Diagnostic[] {
  const [type = '', base64 = ''] = key.split(' ')
  const blob = Buffer.from(base64, 'base64')
  const length = blob.length > 4 ? blob.readUInt32BE(0) : 0
  if (length < 100 && blob.length > 4 + length + 4 && blob.subarray(4, 4 + length).toString() === type) return []
  return [complain(manifest, path, `this is no ${type} public key`, 'copy the line that `reeve hostkey ADDRESS` prints, type and base64')]
}

function checkJump(manifest: Hypervisor, fleet: Fleet): readonly Diagnostic[] {
  const chain = [manifest.name]
  let next = manifest.spec.jump
  while (next !== undefined) {
    chain.push(next)
    if (next === manifest.name) return [complain(manifest, 'spec.jump', `the way goes in a circle: ${chain.join(' → ')}`)]
    if (chain.indexOf(next) < chain.length - 1) return []
    next = fleet.get('Hypervisor', next)?.spec.jump
  }
  return []
}

/** An interface has one place, and the loopback none. */
function checkPorts(manifest: Hypervisor, bridges: readonly Bridge[]): readonly Diagnostic[] {
  const all = bridges.flatMap(({ name, ports = [] }, bridge) =>
    ports.map((port, index) => ({ port, bridge: name, at: `spec.system.bridges[${bridge}].ports[${index}]` })),
  )
  return all.flatMap(({ port, at }, index) => {
    const first = all.findIndex((one) => one.port === port)
    if (port === 'lo') return [complain(manifest, at, 'the loopback cannot be a port of a bridge')]
    if (bridges.some(({ name }) => name === port))
      return [complain(manifest, at, `${port} is a bridge itself, and cannot be a port of one`)]
    return first === index ? [] : [complain(manifest, at, `${port} is plugged into ${all[first]?.bridge} already`)]
  })
}

function checkBridge(manifest: Hypervisor, { addresses = [], ports = [] }: Bridge, at: string): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  for (const [index, address] of addresses.entries()) {
    const path = `${at}.addresses[${index}]`
    const problem = addressProblem(address)
    if (problem) found.push(complain(manifest, path, problem))
    else if (ports.length === 0 && address.split('/')[0] === manifest.spec.address) {
      const summary = `${address} is the address that Reeve reaches this machine by, and no cable leads to this bridge`
      found.push(complain(manifest, path, summary, 'name the interface that has it now in ports, and it moves with it'))
    }
  }
  return found
}

/** ip(8) prints IPv6 in its shortest spelling; another one would look like drift for ever. */
function addressProblem(text: string): string | undefined {
  const [address = '', length = '', rest] = text.split('/')
  if (!address.includes(':')) {
    const parsed = parseIpv4Interface(text)
    if (!parsed.ok) return parsed.reason
    const { address: number, network, broadcast, prefixLength } = parsed.value
    if (prefixLength < 31 && (number === network || number === broadcast))
      return `${text} is the network's or the broadcast address, not one of a machine`
    return String(Number(length)) === length ? undefined : `write ${address}/${Number(length)}`
  }
  if (!isIpAddress(address) || rest !== undefined || !/^\d{1,3}$/.test(length) || Number(length) > 128)
    return `${text} is not an IPv6 address with its prefix length`
  const shortest = `${new URL(`http://[${address}]/`).hostname.slice(1, -1)}/${Number(length)}`
  return shortest === text ? undefined : `write ${shortest}, as ip prints it`
}
