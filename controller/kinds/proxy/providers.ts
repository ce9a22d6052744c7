import { apache } from './apache/index.ts'
import { nginx } from './nginx/index.ts'
import type { ProxyManifest } from './places.ts'
import type { Provider } from './provider.ts'
import { varnish } from './varnish/index.ts'

const providers = { nginx, apache, varnish } as const satisfies Readonly<Record<Provider['name'], Provider>>

/** What serves a Proxy. */
export function providerOf({ spec }: Pick<ProxyManifest, 'spec'>): Provider {
  return providers[spec.provider ?? 'nginx']
}
