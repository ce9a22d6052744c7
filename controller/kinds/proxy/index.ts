import type { Fleet, KindName } from '../../model/fleet.ts'
import { type Claim, defineKind, type Reference } from '../../model/kind.ts'
import { resolveTarget } from '../../model/placement.ts'
import { targetKey } from '../../model/target.ts'
import { check } from './check.ts'
import { compile } from './compile.ts'
import { serverName } from './names.ts'
import { listenOf, type ProxyManifest } from './places.ts'
import type { ProxySpec } from './spec.ts'
import { vitals } from './vitals.ts'

/** A reverse proxy: nginx on a container or a hypervisor. */
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
  const servers = vhosts.flatMap(({ upstream }, vhost) =>
    (upstream?.servers ?? []).flatMap(({ container }, index): readonly Reference[] =>
      container === undefined
        ? []
        : [{ kind: 'Container', name: container, path: `spec.vhosts[${vhost}].upstream.servers[${index}].container` }],
    ),
  )
  return [...own, ...servers]
}

/** One nginx serves a name on a port once, has one default on it, and one file a vhost. */
function claims(manifest: ProxyManifest, fleet: Fleet): readonly Claim[] {
  const target = resolveTarget(fleet, manifest.spec.target)
  if (!target) return []
  const on = targetKey(target)
  return manifest.spec.vhosts.flatMap((vhost, index) => {
    const path = `spec.vhosts[${index}]`
    const { port } = listenOf(vhost)
    const names = (vhost.serverNames ?? []).flatMap((text, place) => {
      const read = serverName(text)
      return read.ok ? [{ scope: `server name on ${on}`, value: `${read.value}:${port}`, path: `${path}.serverNames[${place}]` }] : []
    })
    const isDefault = vhost.default ? [{ scope: `default vhost on ${on}`, value: `:${port}`, path: `${path}.default` }] : []
    return [{ scope: `vhost on ${on}`, value: vhost.name, path: `${path}.name` }, ...names, ...isDefault]
  })
}
