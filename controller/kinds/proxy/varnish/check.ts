import { complain } from '../../../model/kind.ts'
import type { Diagnostic } from '../../../model/manifest.ts'
import { parseBytes } from '../../../model/quantity.ts'
import type { ProxyManifest, Vhost } from '../places.ts'

const leastMemory = 16n * 1024n * 1024n

/** What varnish cannot take, beside whole fields. */
export function check(proxy: ProxyManifest): readonly Diagnostic[] {
  return [...checkMemory(proxy), ...proxy.spec.vhosts.flatMap((vhost, index) => checkVhost(proxy, vhost, `spec.vhosts[${index}]`))]
}

function checkMemory(proxy: ProxyManifest): readonly Diagnostic[] {
  const { cache } = proxy.spec
  if (cache === undefined) return []
  const bytes = parseBytes(cache.memory)
  if (!bytes.ok) return [complain(proxy, 'spec.cache.memory', bytes.reason)]
  return bytes.value >= leastMemory ? [] : [complain(proxy, 'spec.cache.memory', `${cache.memory} is less than 16Mi`)]
}

function checkVhost(proxy: ProxyManifest, { upstream, probe, headers = {} }: Vhost, at: string): readonly Diagnostic[] {
  const statuses = probe?.expectStatus ?? [200]
  const spare = (upstream?.servers ?? []).flatMap(({ backup }, index) =>
    backup && probe === undefined
      ? [
          complain(
            proxy,
            `${at}.upstream.servers[${index}].backup`,
            'varnish learns by the probe alone that the others fail',
            'give the vhost a probe',
          ),
        ]
      : [],
  )
  const encoding = Object.keys(headers.request ?? {}).filter((name) => name.toLowerCase() === 'accept-encoding')
  const several = upstream !== undefined && statuses.length !== 1
  return [
    ...spare,
    ...encoding.map((name) =>
      complain(proxy, `${at}.headers.request[${JSON.stringify(name)}]`, 'varnish itself asks its servers for gzip'),
    ),
    ...(several
      ? [complain(proxy, `${at}.probe.expectStatus`, 'varnish asks its servers this itself, for one status', 'write one, such as [200]')]
      : []),
    ...Object.entries({ set: headers.set ?? {}, request: headers.request ?? {} }).flatMap(([field, values]) =>
      Object.keys(values)
        .filter((name) => !/^[A-Za-z][A-Za-z0-9_-]*$/.test(name))
        .map((name) =>
          complain(
            proxy,
            `${at}.headers.${field}[${JSON.stringify(name)}]`,
            `${name} is no name of a header in VCL: letters, digits, - and _`,
          ),
        ),
    ),
  ]
}
