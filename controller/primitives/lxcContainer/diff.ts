import { type Difference, same, worstImpact } from '../../model/change.ts'
import type { Known } from '../../model/observation.ts'
import { compare, fieldsOf } from './compare.ts'
import { brokenLines, effectiveValues, readConfig } from './config.ts'
import { canonicalValue, cpusOf, limitKey } from './keys.ts'
import type { LxcContainerSpec, LxcContainerState } from './spec.ts'

export function diff(spec: LxcContainerSpec, observed: Known<LxcContainerState>): Difference {
  if (observed.status === 'absent') return creation(spec)
  const reasons = refusals(spec, observed.state)
  if (reasons.length > 0) return { status: 'refused', reasons }
  const { fields, impact } = compare(spec, observed.state)
  if (fields.length === 0) return same
  const broken = brokenLines(readConfig(observed.state.config))
  if (broken.length > 0) return { status: 'refused', reasons: broken.map((line) => brokenReason(spec, line)) }
  return { status: 'change', change: { action: 'update', impact: worstImpact(impact), fields } }
}

function creation(spec: LxcContainerSpec): Difference {
  const fields = Object.entries(fieldsOf(spec)).map(([field, after]) => ({ field, before: undefined, after }))
  return { status: 'change', change: { action: 'create', impact: 'none', fields } }
}

/** What would cost data, or what this host has not got. */
function refusals(spec: LxcContainerSpec, state: LxcContainerState): readonly string[] {
  const config = readConfig(state.config)
  const reasons: string[] = []
  if (state.isPartial)
    reasons.push(`lxc-create was cut off while it made ${spec.name}; finish or remove it by hand (/var/lib/lxc/${spec.name}/partial)`)
  const template = spec.template?.sha256.slice(0, 16)
  if (template !== undefined && config.template !== undefined && template !== config.template)
    reasons.push('spec.template is immutable for an existing container (changing it would rebuild and destroy its data)')
  return [...reasons, ...otherRoot(spec, effectiveValues(config).get('lxc.rootfs.path')), ...missingCpus(spec, state)]
}

function otherRoot(spec: LxcContainerSpec, before: string | undefined): readonly string[] {
  const wanted = spec.settings['lxc.rootfs.path']
  if (wanted === undefined || before === undefined || before === canonicalValue('lxc.rootfs.path', [wanted])) return []
  return [
    `the root file system of ${spec.name} is ${before}; spec.rootfs asks for ${canonicalValue('lxc.rootfs.path', [wanted])}, which would leave its data behind`,
  ]
}

function missingCpus(spec: LxcContainerSpec, state: LxcContainerState): readonly string[] {
  const cpuSet = spec.settings[limitKey('cpuset.cpus')]
  const online = state.onlineCpus === undefined ? undefined : cpusOf(state.onlineCpus)
  const wanted = cpuSet === undefined ? undefined : cpusOf(cpuSet)
  if (online === undefined || wanted === undefined || [...wanted].every((cpu) => online.has(cpu))) return []
  return [`cpuSet ${cpuSet} names CPUs that the host does not have (online: ${state.onlineCpus})`]
}

function brokenReason(spec: LxcContainerSpec, line: string): string {
  return `/var/lib/lxc/${spec.name}/config was broken by hand, no LXC tool can load it: ${line}; correct that line`
}
