import { type Difference, same, worstImpact } from '../../model/change.ts'
import { cpusOf } from '../../model/cpuList.ts'
import type { LedgerEntry } from '../../model/ledger.ts'
import type { Known } from '../../model/observation.ts'
import { compare } from './compare.ts'
import { brokenLines, type Config, effectiveOn, entriesOf, entryName, readConfig } from './config.ts'
import { fieldsOf } from './fields.ts'
import { missingIo } from './io.ts'
import { canonicalValue, limitKey } from './keys.ts'
import type { LxcContainerSpec, LxcContainerState } from './spec.ts'
import { restsBecause } from './starts.ts'
import { templateMark } from './template.ts'

export function diff(spec: LxcContainerSpec, observed: Known<LxcContainerState>, last: LedgerEntry | undefined): Difference {
  if (observed.status === 'absent') return creation(spec)
  const reasons = refusals(spec, observed.state)
  if (reasons.length > 0) return { status: 'refused', reasons }
  const { fields, impact, starts, restarts } = compare(spec, observed.state, last)
  if (fields.length === 0) return same
  const rest = starts || restarts ? restsBecause(spec, observed.state.starts) : undefined
  if (rest !== undefined) return { status: 'refused', reasons: [rest] }
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
  const template = spec.template === undefined ? undefined : templateMark(spec.template)
  if (template !== undefined && config.template !== undefined && template !== config.template)
    reasons.push('spec.template is immutable for an existing container (changing it would rebuild and destroy its data)')
  const root = effectiveOn(config, state.hierarchy).get('lxc.rootfs.path')
  return [
    ...reasons,
    ...otherRoot(spec, root),
    ...otherIds(spec, config),
    ...missingCpus(spec, state),
    ...missingInV1(spec, state),
    ...missingIo(spec, state),
  ]
}

/** The files of the root belong to the ids that it was made for. A map that the user wrote, and the manifest does not speak of, is his. */
function otherIds(spec: LxcContainerSpec, config: Config): readonly string[] {
  const isMap = (name: string): boolean => name.startsWith('lxc.idmap ')
  const inBlock = [...entriesOf(config, (line) => config.block.has(line.number))].some(isMap)
  const [there, wanted] = [[...entriesOf(config)], spec.entries.map(entryName)].map((names) => names.filter(isMap).sort().join(', '))
  if (there === wanted || (wanted === '' && !inBlock)) return []
  const said = (maps: string | undefined): string => maps?.replaceAll('lxc.idmap ', '') || 'none (root inside is root)'
  return [
    `spec.unprivileged is immutable for an existing container: the files of ${spec.name} belong to the ids of its map ${said(there)}; asked for is ${said(wanted)}`,
  ]
}

function missingInV1(spec: LxcContainerSpec, { hierarchy }: LxcContainerState): readonly string[] {
  if (hierarchy === 'v2') return []
  const has = (file: string): boolean => limitKey(file) in spec.settings
  return [
    ...(has('memory.low') ? ['resources.memoryReservation: this host has cgroup v1, which knows no memory.low; leave it out'] : []),
    ...(has('memory.swap.max') && !has('memory.max')
      ? ['resources.swap: this host has cgroup v1, which limits swap only together with memory; set resources.memory too']
      : []),
  ]
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
