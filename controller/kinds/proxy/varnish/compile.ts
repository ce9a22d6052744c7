import type { Fleet } from '../../../model/fleet.ts'
import type { Needed, Spec } from '../../../model/primitive.ts'
import type { Target } from '../../../model/target.ts'
import { file, markLine } from '../../../primitives/file/spec.ts'
import { debianPackage } from '../../../primitives/package/spec.ts'
import { service } from '../../../primitives/service/spec.ts'
import { tree } from '../../../primitives/tree/spec.ts'
import { daemonCheck } from '../daemon-check.ts'
import { proofs } from '../generation.ts'
import type { ProxyManifest } from '../places.ts'
import { dropIn, folder, loadScript, startCommands, unitText } from './files.ts'
import { sockets } from './listen.ts'
import { vcl } from './vcl.ts'

const plain = { mode: '0644', owner: 'root:root' }

/** varnish's package, its VCL, what its unit begins with, and the service that loads them: the VCL by a reload, the rest by a start. */
export function compile(proxy: ProxyManifest, target: Target, fleet: Fleet, inside: readonly Needed[]): readonly Spec[] {
  const { text, generation } = vcl(proxy, fleet)
  const installed = { ...debianPackage('varnish'), needs: inside }
  const needs: readonly Needed[] = [...inside, { target, id: installed.id }]
  const mark = markLine(fleet.name, proxy.id)
  const files = {
    'main.vcl': { content: text, ...plain },
    'start.cli': { content: startCommands(generation.id), ...plain },
    load: { content: loadScript(generation.id).replace('\n', `\n${mark}`), ...plain, mode: '0755' },
  }
  const unit = file({ path: dropIn, content: unitText(proxy, fleet), ...plain, needs })
  const loaded = [unit, tree({ path: folder, files, needs })]
  const varnish = service({
    unit: 'varnish.service',
    isEnabled: true,
    state: 'running',
    loads: loaded,
    startsWith: [unit.id],
    check: daemonCheck(['varnishd', '-C', '-f', `${folder}/main.vcl`], {
      own: ['varnishd', 'cache-main'],
      sockets: sockets(proxy.spec.vhosts),
    }),
    reload: 'reload',
    prove: proofs(proxy, generation, fleet),
    needs,
  })
  return [installed, ...loaded, varnish]
}
