import type { Fleet } from '../../../../model/fleet.ts'
import { namesOf } from '../../names.ts'
import { type Listen, listenOf, type ProxyManifest, tlsListenOf, type Vhost } from '../../places.ts'
import { type Directive, quoted, render } from '../language.ts'
import { locations, vhostContent } from './content.ts'
import { answerHeaders } from './headers.ts'
import { limits, limitZones } from './limits.ts'
import { accessLog } from './log.ts'
import { redirectsToTls, sendOnToTls, tlsDirectives } from './tls.ts'
import { trusted } from './trusted.ts'
import { pools } from './upstream.ts'
import { wildcardMap } from './wildcard.ts'

/** The file of one vhost. */
export function vhostFile(vhost: Vhost, { spec }: Pick<ProxyManifest, 'spec'>, fleet: Fleet): string {
  const common: readonly Directive[] = [
    [`server_name ${namesOf(vhost).map(quoted).join(' ')}`],
    ...trusted(spec.trustedProxies),
    ...accessLog(vhost.accessLog),
  ]
  const plain = listens(vhost, listenWords(listenOf(vhost)))
  const sendOn: readonly Directive[] = redirectsToTls(vhost) ? [['server', [...plain, ...common, ...sendOnToTls(vhost)]]] : []
  const served = redirectsToTls(vhost) ? [] : plain
  const server: Directive = ['server', [...served, ...listens(vhost, tlsWords(vhost)), ...common, ...serves(vhost, fleet)]]
  return render([...pools(vhost, fleet), ...wildcardMap(vhost, fleet), ...limitZones(vhost), ...sendOn, server])
}

/** `listen` for HTTPS; HTTP/2 comes with it, in the spelling that nginx knew before 1.25 and still takes. */
export function tlsWords(vhost: Vhost): readonly string[] {
  const listen = tlsListenOf(vhost)
  return listen === undefined ? [] : listenWords(listen).map((words) => `${words} ssl http2`)
}

function listens(vhost: Vhost, words: readonly string[]): readonly Directive[] {
  return words.map((one): Directive => [vhost.default ? `${one} default_server` : one])
}

function serves(vhost: Vhost, fleet: Fleet): readonly Directive[] {
  return [
    ...tlsDirectives(vhost.tls),
    ...limits(vhost),
    ...answerHeaders(vhost),
    ...locations(vhost, fleet),
    ['location /', vhostContent(vhost, fleet)],
  ]
}

/** `listen` as nginx writes it: all of IPv4 is a bare port. */
export function listenWords({ port, addresses }: Listen): readonly string[] {
  return addresses.map((address) => {
    if (address === '0.0.0.0') return `listen ${port}`
    return address.includes(':') ? `listen [${address}]:${port}` : `listen ${address}:${port}`
  })
}
