import type { Fleet, KindName } from '../../model/fleet.ts'
import { type Claim, defineKind, type Reference } from '../../model/kind.ts'
import { resolveTarget } from '../../model/placement.ts'
import { targetKey } from '../../model/target.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { serverName } from './names.ts'
import { listenOf, type ProxyManifest, partsOf, tlsListenOf } from './places.ts'
import type { ProxySpec } from './spec.ts'
import { vitals } from './vitals.ts'

/** A reverse proxy: nginx, Apache or Varnish on a container or a hypervisor. */
export const proxy = defineKind<'Proxy'>({
  kind: 'Proxy',
  references,
  claims,
  check,
  place: (manifest, fleet) => {
    const target = resolveTarget(fleet, manifest.spec.target)
    return target ? [{ target, role: 'proxy' }] : []
  },
  compile: (manifest, at, fleet) => compile(manifest, at.target, fleet),
  vitals: (manifest, at, fleet) => vitals(manifest, at.target, fleet),
})

function references({ target, vhosts }: ProxySpec): readonly Reference[] {
  const own = Object.entries(target).map(([field, name]): Reference => {
    const kind: KindName = field === 'container' ? 'Container' : 'Hypervisor'
    return { kind, name, path: `spec.target.${field}` }
  })
  const servers = vhosts.flatMap((vhost, index) =>
    partsOf(vhost).flatMap(({ upstream, at }) =>
      (upstream?.servers ?? []).flatMap(({ container }, place): readonly Reference[] => {
        const path = `spec.vhosts[${index}]${at}.upstream.servers[${place}].container`
        return container === undefined ? [] : [{ kind: 'Container', name: container, path }]
      }),
    ),
  )
  return [...own, ...servers]
}

/** One daemon serves a name on a port once, has one default on it, and one file a vhost; one varnish has one manifest. */
function claims(manifest: ProxyManifest, fleet: Fleet): readonly Claim[] {
  const target = resolveTarget(fleet, manifest.spec.target)
  if (!target) return []
  const on = targetKey(target)
  const { provider, vhosts } = manifest.spec
  const alone = provider === 'varnish' ? [{ scope: `varnish on ${on}`, value: 'its VCL', path: 'spec.provider' }] : []
  const each = vhosts.flatMap((vhost, index) => {
    const path = `spec.vhosts[${index}]`
    const ports = [...new Set([listenOf(vhost).port, tlsListenOf(vhost)?.port ?? listenOf(vhost).port])]
    const written = vhost.wildcard === undefined ? (vhost.serverNames ?? []) : [`*.${vhost.wildcard.suffix}`]
    const names = written.flatMap((text, place) => {
      const read = serverName(text)
      const at = vhost.wildcard === undefined ? `${path}.serverNames[${place}]` : `${path}.wildcard.suffix`
      return read.ok ? ports.map((port) => ({ scope: `server name on ${on}`, value: `${read.value}:${port}`, path: at })) : []
    })
    const isDefault = vhost.default
      ? ports.map((port) => ({ scope: `default vhost on ${on}`, value: `:${port}`, path: `${path}.default` }))
      : []
    return [{ scope: `vhost on ${on}`, value: vhost.name, path: `${path}.name` }, ...names, ...isDefault]
  })
  return [...alone, ...each]
}
