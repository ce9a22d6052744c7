import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { checkContents } from './check-content.ts'
import { checkHeaders } from './check-headers.ts'
import { checkLimits } from './check-limits.ts'
import { checkPlaces } from './check-places.ts'
import { checkPorts } from './check-ports.ts'
import { checkTls } from './check-tls.ts'
import { checkUpstreams } from './check-upstream.ts'
import { checkWildcard } from './check-wildcard.ts'
import { serverName } from './names.ts'
import { listenOf, type ProxyManifest, reachableAt, type Vhost } from './places.ts'
import { unimplemented } from './provider.ts'
import { providerOf } from './providers.ts'

/** What the schema cannot say of a proxy. */
export function check(proxy: ProxyManifest, fleet: Fleet): readonly Diagnostic[] {
  const { target, vhosts } = proxy.spec
  const provider = providerOf(proxy)
  const found = [
    ...unimplemented(proxy, provider),
    ...checkTrusted(proxy),
    ...vhosts.flatMap((vhost, index) => checkVhost(proxy, vhost, `spec.vhosts[${index}]`, fleet)),
    ...provider.check(proxy, fleet),
  ]
  const [first] = vhosts
  if (target.container === undefined || !first || reachableAt(proxy, listenOf(first), fleet) !== undefined) return found
  const summary = `Container ${target.container} declares no IPv4 address, so nobody can ask whether its ${provider.name} has loaded what was written`
  return [...found, complain(proxy, 'spec.target.container', summary, 'give it network[].ipv4.address')]
}

function checkVhost(proxy: ProxyManifest, vhost: Vhost, at: string, fleet: Fleet): readonly Diagnostic[] {
  return [
    ...checkContents(proxy, vhost, at),
    ...checkPlaces(proxy, vhost, at),
    ...checkNames(proxy, vhost, at),
    ...checkDefault(proxy, vhost, at),
    ...checkListen(proxy, vhost, at),
    ...checkPorts(proxy, vhost, at, fleet),
    ...checkWildcard(proxy, vhost, at, fleet),
    ...checkTls(proxy, vhost, at, fleet),
    ...checkUpstreams(proxy, vhost, at, fleet),
    ...checkHeaders(proxy, vhost, at),
    ...checkLimits(proxy, vhost, at),
  ]
}

function checkTrusted(proxy: ProxyManifest): readonly Diagnostic[] {
  return (proxy.spec.trustedProxies?.addresses ?? []).flatMap((text, index) => {
    const path = `spec.trustedProxies.addresses[${index}]`
    const [address = '', length] = text.split('/')
    const most = address.includes(':') ? 128 : 32
    if (!isIpAddress(address) || Number(length ?? most) > most)
      return [complain(proxy, path, `${JSON.stringify(text)} is neither an IP address nor a network`)]
    return Number(length) === 0 ? [complain(proxy, path, `${text} is everybody: each client could then say who it is`)] : []
  })
}

function checkNames(proxy: ProxyManifest, { serverNames = [], default: isDefault, wildcard }: Vhost, at: string): readonly Diagnostic[] {
  if (serverNames.length === 0 && !isDefault && !wildcard) return [complain(proxy, at, 'a vhost that is not the default needs serverNames')]
  return serverNames.flatMap((name, index) => {
    const read = serverName(name)
    return read.ok ? [] : [complain(proxy, `${at}.serverNames[${index}]`, read.reason)]
  })
}

function checkDefault(proxy: ProxyManifest, vhost: Vhost, at: string): readonly Diagnostic[] {
  if (!vhost.default || proxy.spec.provider === 'varnish' || proxy.spec.replaceDistroDefault || listenOf(vhost).port !== 80) return []
  return [
    complain(
      proxy,
      `${at}.default`,
      "default vhost for :80 is claimed by the distribution's default site too",
      'set replaceDistroDefault: true',
    ),
  ]
}

function checkListen(proxy: ProxyManifest, vhost: Vhost, at: string): readonly Diagnostic[] {
  const { addresses = [] } = vhost.listen ?? {}
  return addresses.flatMap((address, index) =>
    isIpAddress(address) ? [] : [complain(proxy, `${at}.listen.addresses[${index}]`, `${JSON.stringify(address)} is not an IP address`)],
  )
}
