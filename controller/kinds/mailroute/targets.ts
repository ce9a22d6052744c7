import { formatIpv6, isIpAddress, parseIpv4, parseIpv6 } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import type { Manifest } from '../../model/manifest.ts'
import { declaredAddress, resolveTarget } from '../../model/placement.ts'
import type { Target } from '../../model/target.ts'
import { parseDomain } from './address.ts'
import type { MailRouteSpec } from './spec.ts'

export type MailRoute = Manifest<'MailRoute', MailRouteSpec>
export type Gateway = MailRouteSpec['gateways'][number]
export type RoutedDomain = MailRouteSpec['domains'][number]
export type Redirect = NonNullable<MailRouteSpec['redirects']>[number]
export type MailTarget = NonNullable<RoutedDomain['target']>

/** Where mail is handed on. */
export interface NextHop {
  /** As transport(5) has it: in brackets no MX is looked up. */
  readonly text: string
  /** The address or name alone, in its one form. */
  readonly host: string
  readonly port: number
}

/** The next hop of a target; undefined where the container declares no address, or the host is none. */
export function nextHopOf({ container, host, port = 25, useMx }: MailTarget, fleet: Fleet): NextHop | undefined {
  const name = container === undefined ? hostOf(host ?? '') : addressOfContainer(fleet, container)
  if (name === undefined) return undefined
  if (useMx) return { text: `${name}:${port}`, host: name, port }
  return { text: `[${name.includes(':') ? `ipv6:${name}` : name}]:${port}`, host: name, port }
}

/** An address in its one form, or a host name as the DNS has it. */
export function hostOf(text: string): string | undefined {
  if (parseIpv4(text) !== undefined) return text
  const ipv6 = parseIpv6(text)
  if (ipv6 !== undefined) return formatIpv6(ipv6)
  const read = parseDomain(text)
  return read.ok ? read.value : undefined
}

export function addressOfContainer(fleet: Fleet, name: string): string | undefined {
  const manifest = fleet.get('Container', name)
  return manifest === undefined ? undefined : declaredAddress(manifest)
}

/** How people call a gateway: the name of the manifest that it runs on. */
export function nameOfGateway({ target }: Gateway): string {
  return target.container ?? target.hypervisor ?? ''
}

/** The gateways with their places; those whose manifest is not in the fleet are left out. */
export function gatewaysOf(route: MailRoute, fleet: Fleet): readonly { readonly gateway: Gateway; readonly target: Target }[] {
  return route.spec.gateways.flatMap((gateway) => {
    const target = resolveTarget(fleet, gateway.target)
    return target === undefined ? [] : [{ gateway, target }]
  })
}

/** A domain, and the container whose own Postfix knows who is in it. */
export interface RecipientSource {
  readonly domain: string
  readonly target: Target
}

/** Domains whose users are read where they are, with the place; those that the check refuses are left out. */
export function recipientSources({ spec }: MailRoute, fleet: Fleet): readonly RecipientSource[] {
  const asked = spec.domains.filter(({ recipients }) => recipients?.mode === 'FromTarget')
  return asked.flatMap(({ name, target }) => {
    const domain = parseDomain(name)
    const place = target?.container === undefined ? undefined : resolveTarget(fleet, { container: target.container })
    return domain.ok && place !== undefined ? [{ domain: domain.value, target: place }] : []
  })
}

export function isAskedForRecipients({ spec }: MailRoute): boolean {
  return spec.domains.some(({ recipients }) => recipients?.mode === 'FromTarget')
}

/** Addresses by which a gateway is itself: mail for one of them would come back. */
export function ownAddresses({ target, addresses = [] }: Gateway, fleet: Fleet): readonly string[] {
  const written = addresses.flatMap((one) => hostOf(one) ?? [])
  if (target.container !== undefined) return [...written, ...only(addressOfContainer(fleet, target.container))]
  return [...written, ...addressesOfHypervisor(target.hypervisor ?? '', fleet)]
}

function only(text: string | undefined): readonly string[] {
  return text === undefined ? [] : [text]
}

function addressesOfHypervisor(name: string, fleet: Fleet): readonly string[] {
  const spec = fleet.get('Hypervisor', name)?.spec
  const bridges = (spec?.system?.bridges ?? []).flatMap(({ addresses = [] }) => addresses.map((one) => one.split('/')[0] ?? ''))
  return [spec?.address ?? '', ...bridges].filter(isIpAddress)
}

/** Where the controller, standing on the hypervisor, reaches a gateway's port 25. */
export function reachableAt(gateway: Gateway, fleet: Fleet): string | undefined {
  const [listen] = gateway.addresses ?? []
  if (listen !== undefined) return listen
  if (gateway.target.container !== undefined) return addressOfContainer(fleet, gateway.target.container)
  const bridge = fleet
    .get('Hypervisor', gateway.target.hypervisor ?? '')
    ?.spec.system?.bridges?.flatMap(({ addresses = [] }) => addresses)[0]
  return bridge?.split('/')[0] ?? '127.0.0.1'
}
