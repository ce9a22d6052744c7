import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** A Linux bridge: containers join it, and perhaps interfaces of the machine itself. */
export interface BridgeSpec extends Spec<'bridge'> {
  /** At most 15 octets (IFNAMSIZ). */
  readonly name: string
  /** With prefix length: `192.168.1.1/24`, `fd00::1/64`, as ip(8) prints them. */
  readonly addresses: readonly string[]
  /** Interfaces of the machine that are plugged into it, with their addresses and routes. What else is plugged in is not ours. */
  readonly ports: readonly string[]
}

/** A bridge as it was read. */
export interface BridgeState {
  readonly isBridge: boolean
  readonly isUp: boolean
  /** Global ones, with prefix length, in order. */
  readonly addresses: readonly string[]
  /** Whether a default route goes over it: then it carries our own way in. */
  readonly carriesDefaultRoute: boolean
  /** What it will be after the next boot: the commands of its unit, and whether that is enabled. */
  readonly boot: BridgeBoot | undefined
  /** Those that are wanted, and those that the boot unit plugs in. */
  readonly ports: readonly PortState[]
}

export interface BridgeBoot {
  readonly commands: readonly string[]
  readonly isEnabled: boolean
}

/** An interface that is a port, or shall be one or none. */
export interface PortState {
  readonly name: string
  readonly isThere: boolean
  readonly isBridge: boolean
  /** The bridge or bond that it is plugged into. */
  readonly master: string | undefined
  /** Global ones, with prefix length; `isDynamic`: given for a time, by DHCP or a router. */
  readonly addresses: readonly { readonly address: string; readonly isDynamic: boolean }[]
  /** systemd-networkd keeps it as its own files say. */
  readonly isNetworkds: boolean
}

/** What is around a bridge that is not there yet. */
export type AroundBridge = Pick<BridgeState, 'boot' | 'ports'>

export function isInterfaceName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(text)
}

export interface WantedBridge {
  readonly name: string
  readonly addresses: readonly string[]
  readonly ports?: readonly string[]
}

/** A bridge as it shall be. Addresses must be in ip(8)'s own spelling: kinds check that. */
export function bridge({ name, addresses, ports = [] }: WantedBridge): BridgeSpec {
  for (const one of [name, ...ports]) if (!isInterfaceName(one)) throw new Error(`not a name of an interface: ${JSON.stringify(one)}`)
  for (const address of addresses)
    if (!/^[0-9a-f.:]+\/\d{1,3}$/.test(address)) throw new Error(`not an address with a prefix length: ${JSON.stringify(address)}`)
  return { type: 'bridge', id: primitiveId('bridge', name), name, addresses: [...addresses].sort(), ports: [...ports].sort() }
}
