import type { Fleet } from '../../../model/fleet.ts'
import type { Needed, Spec } from '../../../model/primitive.ts'
import type { Target } from '../../../model/target.ts'
import { file, markLine } from '../../../primitives/file/spec.ts'
import { link } from '../../../primitives/link/spec.ts'
import { debianPackage } from '../../../primitives/package/spec.ts'
import { service } from '../../../primitives/service/spec.ts'
import { tree } from '../../../primitives/tree/spec.ts'
import { daemonCheck } from '../daemon-check.ts'
import { proofs } from '../generation.ts'
import { commonOwner, type ProxyManifest, proxiesOn } from '../places.ts'
import { sockets } from '../sockets.ts'
import { proxyFiles } from './files.ts'

const plain = { mode: '0644', owner: 'root:root' }

/** nginx's package, the loader, the tree of its sites, and the service that loads them. */
export function compile(proxy: ProxyManifest, target: Target, fleet: Fleet, inside: readonly Needed[]): readonly Spec[] {
  const { files, generation } = proxyFiles(proxy, target, fleet)
  const installed = { ...debianPackage(proxy.spec.package ?? 'nginx-light'), needs: inside }
  const needs: readonly Needed[] = [...inside, { target, id: installed.id }]
  const contents = Object.entries(files).map(([name, content]) => [name, { content, ...plain }] as const)
  const loaded = [
    file({ path: '/etc/nginx/conf.d/00-reeve.conf', content: loader(fleet), ...plain, needs }),
    tree({ path: '/etc/nginx/reeve', files: Object.fromEntries(contents), needs }),
    ...(proxy.spec.replaceDistroDefault ? [{ ...link({ path: '/etc/nginx/sites-enabled/default', to: undefined }), needs }] : []),
  ]
  // Of all Proxies there: a service has one checker.
  const served = proxiesOn(target, fleet, 'nginx').flatMap(({ spec }) => spec.vhosts)
  const nginx = service({
    unit: 'nginx.service',
    isEnabled: true,
    state: 'running',
    loads: loaded,
    check: daemonCheck(['nginx', '-t'], { own: ['nginx'], sockets: sockets(served) }, ['conflicting server name']),
    reload: 'reload',
    prove: proofs(proxy, generation, fleet),
    needs,
  })
  return [installed, ...loaded, nginx]
}

function loader(fleet: Fleet): string {
  return `${markLine(fleet.name, commonOwner)}include /etc/nginx/reeve/*.conf;\n`
}
