import type { Fleet } from '../../model/fleet.ts'
import { containerId } from '../../model/placement.ts'
import type { Needed, NetworkProbe, Spec } from '../../model/primitive.ts'
import type { Target } from '../../model/target.ts'
import { file, markLine } from '../../primitives/file/spec.ts'
import { link } from '../../primitives/link/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { service } from '../../primitives/service/spec.ts'
import { tree } from '../../primitives/tree/spec.ts'
import { commonOwner, type Generation, proxyFiles } from './files.ts'
import { listenOf, type ProxyManifest, reachableAt } from './places.ts'

const plain = { mode: '0644', owner: 'root:root' }

/** nginx's package, the loader, the tree of its sites, and the service that loads them. */
export function compile(proxy: ProxyManifest, target: Target, fleet: Fleet): readonly Spec[] {
  const { files, generation } = proxyFiles(proxy, target, fleet)
  const installed = { ...debianPackage(proxy.spec.package ?? 'nginx-light'), needs: insideOf(target) }
  const needs: readonly Needed[] = [...insideOf(target), { target, id: installed.id }]
  const contents = Object.entries(files).map(([name, content]) => [name, { content, ...plain }] as const)
  const loaded = [
    file({ path: '/etc/nginx/conf.d/00-reeve.conf', content: loader(fleet), ...plain, needs }),
    tree({ path: '/etc/nginx/reeve', files: Object.fromEntries(contents), needs }),
    ...(proxy.spec.replaceDistroDefault ? [{ ...link({ path: '/etc/nginx/sites-enabled/default', to: undefined }), needs }] : []),
  ]
  const nginx = service({
    unit: 'nginx.service',
    isEnabled: true,
    state: 'running',
    loads: loaded,
    check: { argv: ['nginx', '-t'], failOn: ['conflicting server name'] },
    reload: 'reload',
    prove: proofs(proxy, generation, fleet),
    needs,
  })
  const policies = policiesOf(proxy)
  return [installed, ...loaded, nginx].map((one) => ({ ...one, ...policies }))
}

function loader(fleet: Fleet): string {
  return `${markLine(fleet.name, commonOwner)}include /etc/nginx/reeve/*.conf;\n`
}

/** Nothing is done inside a container before it stands. */
function insideOf(target: Target): readonly Needed[] {
  return target.inside === undefined ? [] : [{ target: { hypervisor: target.hypervisor }, id: containerId(target) }]
}

/** nginx says that it reloaded also where it kept its old configuration (a port in use): only an answer of the new one proves it. */
function proofs(proxy: ProxyManifest, generation: Generation, fleet: Fleet): readonly NetworkProbe[] {
  const [first] = proxy.spec.vhosts
  const listen = first ? listenOf(first) : undefined
  const host = listen ? reachableAt(proxy, listen, fleet) : undefined
  if (listen === undefined || host === undefined) return []
  const { id, name } = generation
  return [{ type: 'http', host, port: listen.port, path: '/', hostHeader: name, expectStatus: [200], expectBody: id }]
}

function policiesOf({ spec }: ProxyManifest) {
  const { deletionPolicy = 'Delete', adopt = 'IfEqual', driftPolicy = 'Correct', maintenanceWindow } = spec
  const restarts = spec.restarts ?? (maintenanceWindow === undefined ? 'Never' : 'InWindow')
  return { deletionPolicy, adopt, driftPolicy, restarts } as const
}
