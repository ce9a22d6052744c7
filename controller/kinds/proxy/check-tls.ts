import { isIpAddress } from '../../model/address.ts'
import type { Fleet } from '../../model/fleet.ts'
import { complain } from '../../model/kind.ts'
import type { Diagnostic } from '../../model/manifest.ts'
import { resolveTarget } from '../../model/placement.ts'
import { parseSeconds } from '../../model/quantity.ts'
import { isNormal } from './check-places.ts'
import { listenOf, type ProxyManifest, proxiesOn, tlsListenOf, type Vhost } from './places.ts'

type Tls = NonNullable<Vhost['tls']>

/** What is asked of HTTPS. */
export function checkTls(proxy: ProxyManifest, vhost: Vhost, at: string, fleet: Fleet): readonly Diagnostic[] {
  const { tls, listen } = vhost
  if (tls === undefined)
    return listen?.https === undefined
      ? []
      : [complain(proxy, `${at}.listen.https`, 'a port for HTTPS needs tls', 'give tls.certificate and tls.key')]
  return [
    ...checkFiles(proxy, vhost, tls, `${at}.tls`),
    ...checkHsts(proxy, tls, `${at}.tls.hsts`),
    ...checkStapling(proxy, tls, `${at}.tls.stapling`),
    ...checkChallenge(proxy, tls, `${at}.tls.challengeRoot`),
    ...checkPort(proxy, vhost, at, fleet),
  ]
}

function checkFiles(proxy: ProxyManifest, { root, locations = [] }: Vhost, tls: Tls, at: string): readonly Diagnostic[] {
  const roots = [root, tls.challengeRoot, ...locations.flatMap((one) => [one.root, one.fastcgi?.root])].filter((one) => one !== undefined)
  return (['certificate', 'key'] as const).flatMap((field) => {
    const file = tls[field]
    if (!isNormal(file)) return [complain(proxy, `${at}.${field}`, `${file} is not normalised`, 'leave . and .. out')]
    if (/^\/(dev|proc|sys)\//.test(file)) return [complain(proxy, `${at}.${field}`, `${file} is no file that lasts`)]
    const below = field === 'key' ? roots.find((folder) => file.startsWith(`${folder}/`)) : undefined
    return below === undefined ? [] : [complain(proxy, `${at}.key`, `the key lies below ${below}, which is served to everybody`)]
  })
}

function checkStapling(proxy: ProxyManifest, { stapling }: Tls, at: string): readonly Diagnostic[] {
  const wrong = (stapling?.resolvers ?? []).flatMap((address, index) =>
    isIpAddress(address)
      ? []
      : [complain(proxy, `${at}.resolvers[${index}]`, `${JSON.stringify(address)} is not an address of a name server`)],
  )
  return [...wrong, ...checkAuthorities(proxy, stapling?.trusted, `${at}.trusted`)]
}

/** A file of certificates that are believed. */
export function checkAuthorities(proxy: ProxyManifest, file: string | undefined, at: string): readonly Diagnostic[] {
  if (file === undefined || (isNormal(file) && !/^\/(dev|proc|sys)\//.test(file))) return []
  return [complain(proxy, at, `${file} is no file of certificates that lasts`)]
}

const year = 31_536_000

function checkHsts(proxy: ProxyManifest, { hsts, redirect }: Tls, at: string): readonly Diagnostic[] {
  if (hsts === undefined) return []
  const seconds = parseSeconds(hsts.maxAge)
  if (!seconds.ok) return [complain(proxy, `${at}.maxAge`, seconds.reason)]
  if (redirect === false) return [complain(proxy, at, 'plain HTTP must not send it (RFC 6797 7.2)', 'take redirect: false away')]
  if (hsts.preload && (seconds.value < year || !hsts.includeSubDomains))
    return [complain(proxy, `${at}.preload`, 'browsers take it only with includeSubDomains and a maxAge of a year (hstspreload.org)')]
  return []
}

function checkChallenge(proxy: ProxyManifest, { challengeRoot, redirect }: Tls, at: string): readonly Diagnostic[] {
  if (challengeRoot === undefined || redirect !== false) return []
  return [complain(proxy, at, 'nothing is redirected, so nothing is exempt from it', 'use a location')]
}

/** A port speaks TLS to all or to nobody, and its first server's protocols are those of all: OpenSSL chooses them before it reads the name. */
function checkPort(proxy: ProxyManifest, vhost: Vhost, at: string, fleet: Fleet): readonly Diagnostic[] {
  const port = tlsListenOf(vhost)?.port
  const target = resolveTarget(fleet, proxy.spec.target)
  const proxies = target ? proxiesOn(target, fleet) : [proxy]
  const others = proxies.flatMap((one) => one.spec.vhosts.map((other) => ({ other, called: `vhost ${other.name} of ${one.id}` })))
  const path = vhost.listen?.https === undefined ? `${at}.tls` : `${at}.listen.https`
  const inPlain = others.find(({ other }) => listenOf(other).port === port)
  if (inPlain) return [complain(proxy, path, `port ${port} is plain HTTP for ${inPlain.called}`)]
  const profileOf = ({ tls }: Vhost) => tls?.profile ?? 'Intermediate'
  const unlike = others.find(({ other }) => tlsListenOf(other)?.port === port && profileOf(other) !== profileOf(vhost))
  if (unlike === undefined) return []
  const summary = `port ${port} is ${profileOf(unlike.other)} for ${unlike.called}: a port has one profile, since nginx takes protocols from its first server`
  return [complain(proxy, vhost.tls?.profile === undefined ? `${at}.tls` : `${at}.tls.profile`, summary)]
}
