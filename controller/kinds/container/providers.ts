import { lxc } from './lxc/index.ts'
import { openvz } from './openvz/index.ts'
import type { Container, Provider, ProviderName } from './provider.ts'

/** Every provider, one line each: the CRD's enum and this table cannot differ. */
const providers: Readonly<Record<ProviderName, Provider>> = { lxc, openvz }

/** What runs this container. */
export function providerOf({ spec }: Container): Provider {
  return providers[spec.provider ?? 'lxc']
}
