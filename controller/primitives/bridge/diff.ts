import { type Difference, type FieldDifference, type Impact, same } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import type { AroundBridge, BridgeSpec, BridgeState, PortState } from './spec.ts'
import { bootCommands, portsOfBoot, shownBoot } from './unit.ts'

/** By the names that `diff` uses. A bridge without ports has no such field. */
export function fieldsOf(spec: BridgeSpec): Readonly<Record<string, string>> {
  const ports = spec.ports.length === 0 ? {} : { ports: spec.ports.join(' ') }
  return { addresses: spec.addresses.join(' '), ...ports, up: 'yes', boot: bootCommands(spec).join('; ') }
}

export function diff(spec: BridgeSpec, observed: Known<BridgeState>): Difference {
  const around = aroundOf(observed)
  const reasons = [...(observed.status === 'absent' ? [] : bridgeRefusals(spec, observed.state)), ...portRefusals(spec, around)]
  if (reasons.length > 0) return { status: 'refused', reasons }
  const fields = observed.status === 'absent' ? created(spec) : differences(spec, observed.state)
  if (fields.length === 0) return same
  const impact = impactOf(spec, around, observed.status === 'absent' ? [] : observed.state.addresses)
  return { status: 'change', change: { action: observed.status === 'absent' ? 'create' : 'update', impact, fields } }
}

/** What is known of ports, also of a bridge that is not there. */
export function aroundOf(observed: Known<BridgeState>): AroundBridge {
  if (observed.status === 'present') return observed.state
  return (observed.around as AroundBridge | undefined) ?? { boot: undefined, ports: [] }
}

function bridgeRefusals(spec: BridgeSpec, state: BridgeState): readonly string[] {
  if (!state.isBridge) return [`${spec.name} is an interface but no bridge; choose another name`]
  if (!state.carriesDefaultRoute) return []
  const because = `${spec.name} carries the default route and so perhaps the management address`
  const removed = state.addresses.filter((address) => !spec.addresses.includes(address))
  const unplugged = unwanted(spec, state).map(({ name }) => name)
  return [
    ...(removed.length === 0 ? [] : [`${because}; removing ${removed.join(' ')} is refused`]),
    ...(unplugged.length === 0 ? [] : [`${because}; unplugging ${unplugged.join(' ')} is refused`]),
  ]
}

/** Also of a port that is plugged in: an address may have come back to it. */
function portRefusals(spec: BridgeSpec, { ports }: AroundBridge): readonly string[] {
  return ports.filter(({ name }) => spec.ports.includes(name)).flatMap((port) => portRefusal(spec, port) ?? [])
}

function portRefusal({ name, addresses }: BridgeSpec, port: PortState): string | undefined {
  if (!port.isThere) return `there is no interface ${port.name} to plug into ${name}`
  if (port.isBridge) return `${port.name} is a bridge itself, and cannot be a port of ${name}`
  if (port.master !== undefined && port.master !== name)
    return `${port.name} is plugged into ${port.master} already; take it out there, or out of the ports of ${name}`
  const lent = port.addresses.find(({ isDynamic }) => isDynamic)?.address
  if (lent !== undefined)
    return `${port.name} has ${lent} for a time only, from DHCP or a router, which would go on with ${port.name}: make its address a fixed one first`
  const lost = port.addresses.filter(({ address }) => !addresses.includes(address)).map(({ address }) => address)
  if (lost.length > 0)
    return `${port.name} has ${lost.join(' ')}, which ${name} would not have: add it to its addresses, or take it off ${port.name}`
  if (port.addresses.length > 0 && port.isNetworkds)
    return `systemd-networkd gives ${port.name} its addresses and would do so again: take them out of its .network file first, with the console at hand`
  return undefined
}

function created(spec: BridgeSpec): readonly FieldDifference[] {
  return [
    field('addresses', undefined, spec.addresses.join(' ')),
    ...(spec.ports.length === 0 ? [] : [field('ports', undefined, spec.ports.join(' '))]),
    field('up', undefined, 'yes'),
    field('boot', undefined, shownBoot(bootCommands(spec))),
  ]
}

function differences(spec: BridgeSpec, state: BridgeState): readonly FieldDifference[] {
  const [live, wanted] = [state.addresses.join(' '), spec.addresses.join(' ')]
  const [plugged, ports] = [pluggedInto(spec, state).join(' '), spec.ports.join(' ')]
  const boot = state.boot?.isEnabled ? state.boot.commands : undefined
  const wantedBoot = bootCommands(spec)
  return [
    ...(live === wanted ? [] : [field('addresses', live, wanted)]),
    ...(plugged === ports ? [] : [field('ports', plugged, ports)]),
    ...(state.isUp ? [] : [field('up', 'no', 'yes')]),
    ...(boot?.join('; ') === wantedBoot.join('; ') ? [] : [field('boot', boot && shownBoot(boot), shownBoot(wantedBoot))]),
  ]
}

/** As words; a port that has addresses of its own is not yet plugged in as it should be. */
function pluggedInto({ name }: BridgeSpec, { ports }: BridgeState): readonly string[] {
  return ports
    .filter(({ master }) => master === name)
    .map((port) =>
      port.addresses.length === 0 ? port.name : `${port.name} (with ${port.addresses.map(({ address }) => address).join(' ')})`,
    )
}

/** Ports of ours that are plugged in and not wanted any more. */
export function unwanted({ name, ports }: BridgeSpec, state: AroundBridge): readonly PortState[] {
  return state.ports.filter((port) => port.master === name && !ports.includes(port.name) && portsOfBoot(state.boot).includes(port.name))
}

/** Ports that are to be plugged in, or to be freed of their addresses. */
export function missing({ name, ports }: BridgeSpec, state: AroundBridge): readonly PortState[] {
  return state.ports.filter((port) => ports.includes(port.name) && (port.master !== name || port.addresses.length > 0))
}

/** What has addresses is talked to by them. */
function impactOf(spec: BridgeSpec, around: AroundBridge, addresses: readonly string[]): Impact {
  const isCut = addresses.some((address) => !spec.addresses.includes(address)) || unwanted(spec, around).length > 0
  return isCut || missing(spec, around).some((port) => port.addresses.length > 0) ? 'outage' : 'none'
}

function field(name: string, before: string | undefined, after: string): FieldDifference {
  return { field: name, before, after }
}
