import type { Fleet } from '../../../model/fleet.ts'
import type { Needed, Spec } from '../../../model/primitive.ts'
import type { Target } from '../../../model/target.ts'
import { file, markLine } from '../../../primitives/file/spec.ts'
import { link } from '../../../primitives/link/spec.ts'
import { debianPackage } from '../../../primitives/package/spec.ts'
import { service } from '../../../primitives/service/spec.ts'
import { tree } from '../../../primitives/tree/spec.ts'
import { daemonCheck, type Found } from '../daemon-check.ts'
import { proofs } from '../generation.ts'
import { commonOwner, type ProxyManifest, proxiesOn } from '../places.ts'
import { sockets } from '../sockets.ts'
import { apacheFiles } from './files.ts'
import { modules } from './modules.ts'
import { mapPath, mapText } from './wildcard.ts'

/** What apache2ctl(8) does, without the two lines that it adds below the reason. */
const judge = ['sh', '-c', '. /etc/apache2/envvars; mkdir -p "$APACHE_RUN_DIR" "$APACHE_LOCK_DIR"; exec apache2 -t']
const plain = { mode: '0644', owner: 'root:root' }

/** Apache's package, its modules, the loader, the tree of its sites, the maps that it reads by itself, and the service that loads the rest. */
export function compile(proxy: ProxyManifest, target: Target, fleet: Fleet, inside: readonly Needed[]): readonly Spec[] {
  const { files, generation } = apacheFiles(proxy, target, fleet)
  const installed = { ...debianPackage('apache2'), needs: inside }
  const needs: readonly Needed[] = [...inside, { target, id: installed.id }]
  const maps = proxy.spec.vhosts.flatMap((vhost) => {
    if (vhost.wildcard === undefined) return []
    const content = `${markLine(fleet.name, proxy.id)}${mapText(vhost.wildcard, fleet)}`
    return [file({ path: mapPath(vhost), content, ...plain, needs })]
  })
  const afterMaps: readonly Needed[] = [...needs, ...maps.map(({ id }) => ({ target, id }))]
  const loaded = [...linked(proxy, needs), ...sites(files, fleet, afterMaps)]
  const apache = service({
    unit: 'apache2.service',
    isEnabled: true,
    state: 'running',
    loads: loaded,
    check: daemonCheck(judge, foundOf(target, fleet)),
    reload: 'reload',
    prove: proofs(proxy, generation, fleet, 404),
    needs: afterMaps,
  })
  return [installed, ...maps, ...loaded, apache]
}

function sites(files: Readonly<Record<string, string>>, fleet: Fleet, needs: readonly Needed[]): readonly Spec[] {
  const contents = Object.entries(files).map(([name, content]) => [name, { content, ...plain }] as const)
  const loader = `${markLine(fleet.name, commonOwner)}IncludeOptional /etc/apache2/reeve/*.conf\n`
  return [
    file({ path: '/etc/apache2/sites-enabled/reeve.conf', content: loader, ...plain, needs }),
    tree({ path: '/etc/apache2/reeve', files: Object.fromEntries(contents), needs }),
  ]
}

/** As a2enmod(8) and a2dissite(8) do it. */
function linked({ spec }: ProxyManifest, needs: readonly Needed[]): readonly Spec[] {
  const enabled = modules(spec.vhosts).map((name) => ({
    ...link({ path: `/etc/apache2/mods-enabled/${name}`, to: `../mods-available/${name}` }),
    needs,
  }))
  const off = spec.replaceDistroDefault ? [{ ...link({ path: '/etc/apache2/sites-enabled/000-default.conf', to: undefined }), needs }] : []
  return [...enabled, ...off]
}

/** Of all Proxies there: a service has one checker. */
function foundOf(target: Target, fleet: Fleet): Found {
  const vhosts = proxiesOn(target, fleet, 'apache').flatMap(({ spec }) => spec.vhosts)
  return {
    own: ['apache2'],
    sockets: sockets(vhosts),
    certificates: vhosts.flatMap(({ tls }) => (tls ? [tls] : [])),
  }
}
