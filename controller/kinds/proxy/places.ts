import type { Fleet } from '../../model/fleet.ts'
import { manifestsBy } from '../../model/fleetIndex.ts'
import type { Manifest } from '../../model/manifest.ts'
import { declaredAddress, resolveTarget } from '../../model/placement.ts'
import { type Target, targetKey } from '../../model/target.ts'
import type { ProxySpec } from './spec.ts'

export type ProxyManifest = Manifest<'Proxy', ProxySpec>
export type Vhost = ProxySpec['vhosts'][number]
export type Location = NonNullable<Vhost['locations']>[number]
export type Upstream = NonNullable<Vhost['upstream']>

export interface Listen {
  readonly port: number
  readonly addresses: readonly string[]
}

/** Where a vhost listens, with what is not written. */
export function listenOf({ listen = {} }: Vhost): Listen {
  return { port: listen.http ?? 80, addresses: listen.addresses ?? ['0.0.0.0', '::'] }
}

/** Where a vhost listens for HTTPS. */
export function tlsListenOf({ listen = {}, tls }: Vhost): Listen | undefined {
  return tls && { port: listen.https ?? 443, addresses: listen.addresses ?? ['0.0.0.0', '::'] }
}

/** All that passes requests on: the vhost itself and its locations, with the path of each in the spec. */
export function partsOf(vhost: Vhost): readonly (Pick<Location, 'upstream' | 'fastcgi'> & { readonly at: string })[] {
  const whole = vhost.upstream ? { upstream: vhost.upstream } : {}
  return [{ ...whole, at: '' }, ...(vhost.locations ?? []).map((one, index) => ({ ...one, at: `.locations[${index}]` }))]
}

/** The first IPv4 address that a Container's manifest declares. */
export function addressOfContainer(fleet: Fleet, name: string): string | undefined {
  const manifest = fleet.get('Container', name)
  return manifest === undefined ? undefined : declaredAddress(manifest)
}

/** Where the controller, standing on the hypervisor, reaches what listens on this target; undefined where no manifest declares it. */
export function reachableAt(proxy: ProxyManifest, { addresses }: Listen, fleet: Fleet): string | undefined {
  const own = addresses.find((address) => address !== '0.0.0.0' && address !== '::')
  if (!addresses.includes('0.0.0.0') && own !== undefined) return own
  const { container } = proxy.spec.target
  if (container === undefined) return addresses.includes('0.0.0.0') ? '127.0.0.1' : '::1'
  return addresses.includes('0.0.0.0') ? addressOfContainer(fleet, container) : undefined
}

/** In the mark of what several Proxies share. */
export const commonOwner = 'all Proxies of this target'

/** All Proxies on one target, or those of one provider there: they share one daemon, and so what is common. */
export function proxiesOn(target: Target, fleet: Fleet, provider?: ProxySpec['provider']): readonly ProxyManifest[] {
  const all = manifestsBy(fleet, 'Proxy', targetsOf, targetKey(target))
  return provider === undefined ? all : all.filter(({ spec }) => (spec.provider ?? 'nginx') === provider)
}

function targetsOf({ spec }: ProxyManifest, fleet: Fleet): readonly string[] {
  const target = resolveTarget(fleet, spec.target)
  return target === undefined ? [] : [targetKey(target)]
}
