import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { resolveTarget } from '../../model/placement.ts'
import { type Listen, listenOf, type ProxyManifest, proxiesOn, tlsListenOf, type Vhost } from './places.ts'

/** Two programs cannot listen on one port of one address; two vhosts of one program can. */
export function checkPorts(proxy: ProxyManifest, vhost: Vhost, at: string, fleet: Fleet): readonly Diagnostic[] {
  const target = resolveTarget(fleet, proxy.spec.target)
  const own = nameOf(proxy)
  const strangers = target ? proxiesOn(target, fleet).filter((one) => nameOf(one) !== own) : []
  return listensOf(vhost).flatMap(({ listen, field }) => {
    const holder = strangers.find(({ spec }) => spec.vhosts.some((other) => listensOf(other).some((one) => overlap(one.listen, listen))))
    if (holder === undefined) return []
    const path = vhost.listen === undefined ? at : `${at}.listen${vhost.listen[field] === undefined ? '' : `.${field}`}`
    return [complain(proxy, path, `port ${listen.port} is ${nameOf(holder)}'s there, by ${holder.id}; ${own} cannot listen on it too`)]
  })
}

function nameOf({ spec }: ProxyManifest): string {
  return spec.provider ?? 'nginx'
}

function listensOf(vhost: Vhost): readonly { readonly listen: Listen; readonly field: 'http' | 'https' }[] {
  const ofTls = tlsListenOf(vhost)
  return [{ listen: listenOf(vhost), field: 'http' }, ...(ofTls ? [{ listen: ofTls, field: 'https' } as const] : [])]
}

function overlap(one: Listen, other: Listen): boolean {
  const isAll = ({ addresses }: Listen) => addresses.includes('0.0.0.0') || addresses.includes('::')
  return one.port === other.port && (isAll(one) || isAll(other) || one.addresses.some((address) => other.addresses.includes(address)))
}
