import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'

/** A Linux bridge without ports of its own; containers join it. */
export interface BridgeSpec extends Spec<'bridge'> {
  /** At most 15 octets (IFNAMSIZ). */
  readonly name: string
  /** With prefix length: `192.168.1.1/24`, `fd00::1/64`, as ip(8) prints them. */
  readonly addresses: readonly string[]
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
  readonly boot: { readonly commands: readonly string[]; readonly isEnabled: boolean } | undefined
}

export function isInterfaceName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_.-]{0,14}$/.test(text)
}

/** A bridge as it shall be. Addresses must be in ip(8)'s own spelling: kinds check that. */
export function bridge(wanted: { readonly name: string; readonly addresses: readonly string[] }): BridgeSpec {
  if (!isInterfaceName(wanted.name)) throw new Error(`not a name of an interface: ${JSON.stringify(wanted.name)}`)
  for (const address of wanted.addresses) {
    if (!/^[0-9a-f.:]+\/\d{1,3}$/.test(address)) throw new Error(`not an address with a prefix length: ${JSON.stringify(address)}`)
  }
  return { type: 'bridge', id: primitiveId('bridge', wanted.name), name: wanted.name, addresses: [...wanted.addresses].sort() }
}

export interface BridgeState {
  readonly isBridge: boolean
  readonly isUp: boolean
  /** Global ones, with prefix length, in order. */
  readonly addresses: readonly string[]
  /** Whether a default route goes over it: then it carries our own way in. */
  readonly carriesDefaultRoute: boolean
  /** What it will be after the next boot: the commands of its unit, and whether that is enabled. */
  readonly boot: { readonly commands: readonly string[]; readonly isEnabled: boolean } | undefined
}
