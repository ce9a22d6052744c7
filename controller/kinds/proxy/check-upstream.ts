import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { checkAuthorities } from './check-tls.ts'
import { serverName } from './names.ts'
import { addressOfContainer, type ProxyManifest, partsOf, type Upstream, type Vhost } from './places.ts'

/** The servers behind a vhost and its locations. */
export function checkUpstreams(proxy: ProxyManifest, vhost: Vhost, at: string, fleet: Fleet): readonly Diagnostic[] {
  return partsOf(vhost).flatMap(({ upstream, at: part }) =>
    upstream ? checkUpstream(proxy, upstream, `${at}${part}.upstream`, fleet) : [],
  )
}

function checkUpstream(proxy: ProxyManifest, upstream: Upstream, at: string, fleet: Fleet): readonly Diagnostic[] {
  return [...checkServers(proxy, upstream, at, fleet), ...checkServerTls(proxy, upstream, `${at}.tls`)]
}

function checkServers(proxy: ProxyManifest, { servers, balance }: Upstream, at: string, fleet: Fleet): readonly Diagnostic[] {
  const provider = proxy.spec.provider ?? 'nginx'
  if (servers.every(({ backup }) => backup))
    return [complain(proxy, `${at}.servers`, `all of them are backups: ${provider} refuses to start`, 'take backup from one of them')]
  return servers.flatMap((server, index) => {
    const path = `${at}.servers[${index}]`
    const spare = `${provider} takes no backup where the client's address chooses the server`
    return [
      ...(server.backup && balance === 'ClientAddress' ? [complain(proxy, `${path}.backup`, spare)] : []),
      ...checkServer(proxy, server, path, fleet),
    ]
  })
}

/** Whom the certificate is for must be said: what is asked is an address. */
function checkServerTls(proxy: ProxyManifest, { tls }: Upstream, at: string): readonly Diagnostic[] {
  if (tls === undefined) return []
  const read = serverName(tls.serverName)
  const isOne = read.ok && /^[a-z0-9]/i.test(tls.serverName)
  const reason = read.ok ? 'a certificate is asked for by one whole name' : read.reason
  const unread =
    tls.verify === false && tls.trusted !== undefined ? [complain(proxy, `${at}.trusted`, 'verify: false reads no authorities')] : []
  return [
    ...(isOne ? [] : [complain(proxy, `${at}.serverName`, reason)]),
    ...checkAuthorities(proxy, tls.trusted, `${at}.trusted`),
    ...unread,
  ]
}

function checkServer(
  proxy: ProxyManifest,
  { container, address }: Upstream['servers'][number],
  path: string,
  fleet: Fleet,
): readonly Diagnostic[] {
  if ((container === undefined) === (address === undefined))
    return [complain(proxy, path, 'a server is given by exactly one of container and address')]
  if (container !== undefined) {
    if (addressOfContainer(fleet, container) !== undefined) return []
    return [complain(proxy, `${path}.container`, `Container ${container} declares no IPv4 address`, 'give it network[].ipv4.address')]
  }
  if (isIpAddress(address ?? '')) return []
  const summary = `${JSON.stringify(address)} is not an IP address; ${proxy.spec.provider ?? 'nginx'} would refuse to start where a name does not resolve`
  return [complain(proxy, `${path}.address`, summary, 'use an IP address or a container reference')]
}
