import type { Fleet } from '../../model/fleet.ts'
import { type Assessment, type Reading, sample, type Vital } from '../../model/kind.ts'
import type { Target } from '../../model/target.ts'
import { certificateVitals } from './certificates.ts'
import { keyVitals } from './keys.ts'
import { namesOf } from './names.ts'
import { listenOf, type ProxyManifest, reachableAt, tlsListenOf, type Vhost } from './places.ts'
import { providerOf } from './providers.ts'

/** Whether each vhost answers as it shall, and how long its certificate lasts. A backend that is down shows here, and undoes nothing. */
export function vitals(proxy: ProxyManifest, target: Target, fleet: Fleet): readonly Vital[] {
  const own = providerOf(proxy).vitals(proxy, target, fleet)
  return [
    ...certificateVitals(proxy, target),
    ...keyVitals(proxy, target),
    ...own,
    ...proxy.spec.vhosts.flatMap((vhost) => answerVital(proxy, vhost, target, fleet)),
  ]
}

function answerVital(proxy: ProxyManifest, vhost: Vhost, target: Target, fleet: Fleet): readonly Vital[] {
  const ofTls = tlsListenOf(vhost)
  const listen = ofTls ?? listenOf(vhost)
  const host = reachableAt(proxy, listen, fleet)
  if (vhost.probe === undefined || host === undefined) return []
  const { path = '/', expectStatus = [200, 301, 302, 304, 307, 308], expectBody } = vhost.probe
  const more = { ...(expectBody === undefined ? {} : { expectBody }), ...(ofTls ? ({ tls: true } as const) : {}) }
  const probe = { type: 'http', host, port: listen.port, path, hostHeader: hostHeader(vhost), expectStatus, ...more } as const
  return [{ id: `vhost-${vhost.name}`, target, pace: 'fromController', probe, assess: (reading) => assess(reading, vhost.name) }]
}

function hostHeader(vhost: Vhost): string {
  const name = vhost.probe?.host ?? namesOf(vhost)[0] ?? ''
  return name.replace(/^\*\./, 'reeve-probe.').replace(/^\./, '')
}

/** A network probe reads `ok`, or what came instead. */
function assess(reading: Reading, vhost: string): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotAsked', message: reading.reason, samples: [] }
  const isOk = /^ok\b/.test(reading.stdout)
  const samples = [sample('proxy_vhost_up', isOk ? 1 : 0, { server: vhost })]
  if (isOk) return { healthy: true, reason: 'Serving', message: `${vhost} answers as it shall`, samples }
  const answer = reading.stdout.trim().slice(0, 200) || 'nothing'
  return { healthy: false, reason: 'UpstreamUnhealthy', message: `${vhost} does not answer as it shall: ${answer}`, samples }
}
