import type { Fleet } from '../../model/fleet.ts'
import type { Assessment, Reading, Vital } from '../../model/kind.ts'
import type { Target } from '../../model/target.ts'
import { listenOf, type ProxyManifest, reachableAt, type Vhost } from './places.ts'
import { namesOf } from './vhost.ts'

/** Whether each vhost answers as it shall. A backend that is down shows here, and undoes nothing. */
export function vitals(proxy: ProxyManifest, target: Target, fleet: Fleet): readonly Vital[] {
  return proxy.spec.vhosts.flatMap((vhost): readonly Vital[] => {
    const listen = listenOf(vhost)
    const host = reachableAt(proxy, listen, fleet)
    if (vhost.probe === undefined || host === undefined) return []
    const { path = '/', expectStatus = [200, 301, 302, 304], expectBody } = vhost.probe
    const body = expectBody === undefined ? {} : { expectBody }
    const probe = { type: 'http', host, port: listen.port, path, hostHeader: hostHeader(vhost), expectStatus, ...body } as const
    return [{ id: `vhost-${vhost.name}`, target, pace: 'fromController', probe, assess: (reading) => assess(reading, vhost.name) }]
  })
}

function hostHeader(vhost: Vhost): string {
  const name = vhost.probe?.host ?? namesOf(vhost)[0] ?? ''
  return name.replace(/^\*\./, 'reeve-probe.').replace(/^\./, '')
}

/** A network probe reads `ok`, or what came instead. */
function assess(reading: Reading, vhost: string): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotAsked', message: reading.reason, samples: [] }
  const isOk = /^ok\b/.test(reading.stdout)
  const samples = [{ metric: 'proxy_vhost_up', value: isOk ? 1 : 0, labels: { server: vhost } }]
  if (isOk) return { healthy: true, reason: 'Serving', message: `${vhost} answers as it shall`, samples }
  const answer = reading.stdout.trim().slice(0, 200) || 'nothing'
  return { healthy: false, reason: 'UpstreamUnhealthy', message: `${vhost} does not answer as it shall: ${answer}`, samples }
}
