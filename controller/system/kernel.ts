import { isIpAddress } from '../model/address.ts'
import { isDnsLabel } from '../model/ids.ts'
import { complain } from '../model/kind.ts'
import type { Diagnostic } from '../model/manifest.ts'
import type { Spec } from '../model/primitive.ts'
import { file, markLine } from '../primitives/file/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { service } from '../primitives/service/spec.ts'
import type { SystemPlace } from './place.ts'

type Needs = NonNullable<Spec['needs']>

const root = { mode: '0644', owner: 'root:root' } as const
const modulesFile = '/etc/modules-load.d/reeve.conf'

/** Fails where the kernel on the disk has not one of them, before anything is written. */
const judgeModules = `while read -r module; do
  case $module in ''|'#'*) continue ;; esac
  said=$(modprobe -n -q -- "$module" 2>&1) || { echo "this kernel ($(uname -r)) has no module $module $said"; exit 1; }
done <"$1"`

/** What only a machine with a kernel of its own has: its modules and its clock. */
export function compileKernel(place: SystemPlace, needs: Needs, fleet: string): readonly Spec[] {
  return [...modules(place, fleet), ...clock(place, needs, fleet)]
}

/** systemd-modules-load(8) reads the list at each boot, and whenever it changes. Its restart interrupts nothing. */
function modules({ manifest, modules: wanted = [] }: SystemPlace, fleet: string): readonly Spec[] {
  if (wanted.length === 0) return []
  const content = `${markLine(fleet, manifest.id)}${wanted.join('\n')}\n`
  const listed = file({ path: modulesFile, content, ...root, check: ['sh', '-c', judgeModules, 'modules'] })
  const loaded = service({ unit: 'systemd-modules-load.service', state: 'running', loads: [listed], reload: 'restart' })
  return [listed, { ...loaded, restarts: 'Always' as const }]
}

/** systemd-timesyncd(8); its restart interrupts nothing. */
function clock({ manifest, timeSync, target }: SystemPlace, needs: Needs, fleet: string): readonly Spec[] {
  if (timeSync === undefined) return []
  const daemon = debianPackage('systemd-timesyncd')
  const after = [...needs, { target, id: daemon.id }]
  const { servers = [] } = timeSync
  const content = `${markLine(fleet, manifest.id)}[Time]\nNTP=${servers.join(' ')}\n`
  const path = '/etc/systemd/timesyncd.conf.d/reeve.conf'
  const listed = servers.length === 0 ? [] : [file({ path, content, ...root, needs: after })]
  const unit = { unit: 'systemd-timesyncd.service', state: 'running', isEnabled: true, reload: 'restart' } as const
  return [daemon, ...listed, { ...service({ ...unit, loads: listed, needs: after }), restarts: 'Always' as const }]
}

/** What the schema cannot say of these. */
export function checkKernel({ manifest, modules: wanted = [], timeSync }: SystemPlace): readonly Diagnostic[] {
  return [
    ...wanted.flatMap((name, index) => {
      const first = wanted.findIndex((other) => other.replaceAll('-', '_') === name.replaceAll('-', '_'))
      return first === index
        ? []
        : [complain(manifest, `spec.system.modules[${index}]`, `the module ${name} is already at modules[${first}]`)]
    }),
    ...(timeSync?.servers ?? []).flatMap((server, index) =>
      isIpAddress(server) || server.split('.').every((label) => isDnsLabel(label.toLowerCase()))
        ? []
        : [complain(manifest, `spec.system.timeSync.servers[${index}]`, `${server} is no time server: an address, or a host name`)],
    ),
  ]
}
