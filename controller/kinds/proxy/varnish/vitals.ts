import type { Fleet } from '../../../model/fleet.ts'
import { type Assessment, type Reading, sample, type Vital } from '../../../model/kind.ts'
import type { Target } from '../../../model/target.ts'
import { sh } from '../../../shell/sh.ts'
import type { ProxyManifest } from '../places.ts'
import { serverAddress } from '../servers.ts'
import { loadedName } from './files.ts'
import { symbol } from './upstream.ts'
import { vcl } from './vcl.ts'

const probe = sh`varnishadm vcl.list </dev/null
varnishadm backend.list </dev/null`

interface Server {
  readonly backend: string
  readonly label: string
}

/** Which VCL is in use, and which of its servers answer varnish's own question. */
export function vitals(proxy: ProxyManifest, target: Target, fleet: Fleet): readonly Vital[] {
  const name = loadedName(vcl(proxy, fleet).generation.id)
  const servers = proxy.spec.vhosts.flatMap((vhost) =>
    (vhost.upstream?.servers ?? []).map((server, index) => ({
      backend: `${name}.b_${symbol(vhost)}_${index}`,
      label: `${vhost.name} ${serverAddress(server, fleet)}`,
    })),
  )
  return [{ id: 'varnish', target, pace: 'trip', probe, assess: (reading) => assess(reading, name, servers) }]
}

function assess(reading: Reading, name: string, servers: readonly Server[]): Assessment {
  if (reading.status === 'unknown') return { healthy: 'unknown', reason: 'NotRead', message: reading.reason, samples: [] }
  const active = /^active .* (\S+)$/m.exec(reading.stdout)?.[1]
  if (active === undefined)
    return { healthy: 'unknown', reason: 'NotRead', message: 'varnish did not say which VCL is in use', samples: [] }
  if (active !== name)
    return { healthy: false, reason: 'OtherVclActive', message: `the VCL ${active.slice(0, 100)} is in use, not ${name}`, samples: [] }
  const read = servers.flatMap(({ backend, label }) => {
    const health = healthOf(reading.stdout, backend)
    return health === undefined ? [] : [{ label, isUp: health === 'healthy' }]
  })
  const samples = read.map(({ label, isUp }) => sample('proxy_backend_up', isUp ? 1 : 0, { server: label }))
  const down = read.filter(({ isUp }) => !isUp).map(({ label }) => label)
  if (down.length > 0) return { healthy: false, reason: 'BackendsDown', message: `do not answer varnish: ${down.join(', ')}`, samples }
  return { healthy: true, reason: 'Serving', message: `${name} is in use, and its servers answer`, samples }
}

/** Columns of backend.list: name, admin, probe, health (`healthy` or `sick`), time. */
function healthOf(stdout: string, backend: string): string | undefined {
  const line = stdout.split('\n').find((one) => one.startsWith(`${backend} `))
  return line?.split(/\s+/)[3]
}
