import { hypervisorName } from '../../model/ids.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { Spec } from '../../model/primitive.ts'
import { block } from '../../primitives/block/spec.ts'
import { bridge } from '../../primitives/bridge/spec.ts'
import { type FileSpec, file } from '../../primitives/file/spec.ts'
import { debianPackage } from '../../primitives/package/spec.ts'
import { service } from '../../primitives/service/spec.ts'
import { sysctl } from '../../primitives/sysctl/spec.ts'
import type { HypervisorSpec } from './spec.ts'

type System = NonNullable<HypervisorSpec['system']>
type Service = NonNullable<System['services']>[number]

/** What the machine itself must hold. */
export function compile(manifest: Manifest<'Hypervisor', HypervisorSpec>): readonly Spec[] {
  const { spec, name } = manifest
  const { bridges = [], sysctl: settings = {}, packages = [], hosts = [], files = [], services = [] } = spec.system ?? {}
  const target = { hypervisor: hypervisorName(name) }
  const installed = packages.map(debianPackage)
  const needs = installed.map(({ id }) => ({ target, id }))
  const written = files.map(({ path, content, mode = '0644', owner = 'root:root' }) => file({ path, content, mode, owner, needs }))
  const all = [
    ...bridges.map((one) => bridge({ name: one.name, addresses: one.addresses ?? [] })),
    ...Object.entries(settings).map(([key, value = '']) => sysctl(key, value)),
    ...installed,
    ...(hosts.length === 0 ? [] : [hostsBlock(hosts)]),
    ...written,
    ...services.map((one) => ({ ...serviceOf(one, written), needs })),
  ]
  const policies = policiesOf(spec)
  return all.map((one) => ({ ...one, ...policies }))
}

/** At the end: where a name stands twice, the machine's own line comes first and wins (hosts(5)). */
function hostsBlock(hosts: NonNullable<System['hosts']>) {
  const content = hosts.map(({ address, names }) => `${address}\t${names.join(' ')}\n`).join('')
  return block({ path: '/etc/hosts', name: 'hosts', content, created: { mode: '0644', owner: 'root:root' } })
}

function serviceOf({ unit, state = 'Running', enabled, loads = [], reload = 'Restart', check }: Service, files: readonly FileSpec[]) {
  return service({
    unit,
    state: state === 'Running' ? 'running' : 'stopped',
    loads: files.filter(({ path }) => loads.includes(path)),
    reload: reload === 'Reload' ? 'reload' : 'restart',
    ...(enabled === undefined ? {} : { isEnabled: enabled }),
    ...(check === undefined ? {} : { check: { argv: check, failOn: [] } }),
  })
}

function policiesOf(spec: HypervisorSpec) {
  const { deletionPolicy = 'Delete', adopt = 'IfEqual', driftPolicy = 'Correct', maintenanceWindow } = spec
  const restarts = spec.restarts ?? (maintenanceWindow === undefined ? 'Never' : 'InWindow')
  return { deletionPolicy, adopt, driftPolicy, restarts } as const
}
