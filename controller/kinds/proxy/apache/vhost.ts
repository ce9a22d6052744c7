import type { Fleet } from '../../../model/fleet.ts'
import { namesOf } from '../names.ts'
import { type ProxyManifest, partsOf, type Vhost } from '../places.ts'
import { plainWords, tlsWords } from '../sockets.ts'
import type { ProxySpec } from '../spec.ts'
import { content } from './content.ts'
import { answerHeaders, requestHeaders } from './headers.ts'
import { type Directive, quoted, render } from './language.ts'
import { limits } from './limits.ts'
import { locations } from './locations.ts'
import { sendOnToTls, tlsDirectives } from './tls.ts'

/** Files of one vhost, in the order in which httpd is to try them: it takes the first that fits, not the best, so whole names come first and then the longest. */
export function vhostFiles(vhost: Vhost, { spec }: Pick<ProxyManifest, 'spec'>, fleet: Fleet): Readonly<Record<string, string>> {
  const names = namesOf(vhost)
  const whole = names.filter((name) => !name.startsWith('*.')).map((name) => name.replace(/^\./, ''))
  const wild = names.filter((name) => /^\*?\./.test(name)).map((name) => name.replace(/^\.?\*?\.?/, '*.'))
  const first = vhost.default ? '02-default' : '10-vhost'
  const own = vhost.default || whole.length > 0 ? [[`${first}-${vhost.name}.conf`, whole] as const] : []
  const below = wild.map((name, index) => [`20-below-${String(999 - name.length)}-${vhost.name}-${index}.conf`, [name]] as const)
  return Object.fromEntries([...own, ...below].map(([file, some]) => [file, render(sections(vhost, some, spec.trustedProxies, fleet))]))
}

function sections(vhost: Vhost, names: readonly string[], proxies: ProxySpec['trustedProxies'], fleet: Fleet): readonly Directive[] {
  const plain = plainWords(vhost).join(' ')
  const tls = tlsWords(vhost).join(' ')
  const common = [...naming(vhost, names), ...trusted(proxies), ...log(vhost)]
  const served = [
    ...common,
    ...limits(vhost),
    ...answerHeaders(vhost),
    ...passedOn(vhost),
    ...locations(vhost, fleet),
    ...content(vhost, fleet),
  ]
  if (vhost.tls === undefined) return [[`VirtualHost ${plain}`, served]]
  const inPlain = vhost.tls.redirect === false ? served : [...common, ...sendOnToTls(vhost)]
  return [
    [`VirtualHost ${plain}`, inPlain],
    [`VirtualHost ${tls}`, [...tlsDirectives(vhost.tls), ...served]],
  ]
}

/** A name below a suffix can only be an alias. httpd says 404 to an encoded slash where it is not told to leave it alone. */
function naming({ name }: Vhost, names: readonly string[]): readonly Directive[] {
  const [first, ...rest] = names.some((one) => one.startsWith('*')) || names.length === 0 ? [`${name}.reeve.invalid`, ...names] : names
  return [[`ServerName ${first}`], ...rest.map((one): Directive => [`ServerAlias ${one}`]), ['AllowEncodedSlashes NoDecode']]
}

function passedOn(vhost: Vhost): readonly Directive[] {
  const isAny = partsOf(vhost).some(({ upstream, fastcgi }) => upstream || fastcgi) || vhost.wildcard !== undefined
  if (!isAny) return []
  return requestHeaders(vhost)
}

function log({ accessLog }: Vhost): readonly Directive[] {
  return accessLog ? [[`CustomLog ${quoted(accessLog.server)} combined`]] : []
}

/** Whom the client's address is believed of (mod_remoteip); also of one that is private, which `RemoteIPTrustedProxy` would not believe. */
function trusted(proxies: ProxySpec['trustedProxies']): readonly Directive[] {
  if (proxies === undefined) return []
  return [[`RemoteIPHeader ${proxies.header ?? 'X-Forwarded-For'}`], [`RemoteIPInternalProxy ${proxies.addresses.join(' ')}`]]
}
