import { primitiveId } from '../model/ids.ts'
import type { Needed, Spec } from '../model/primitive.ts'
import { block } from '../primitives/block/spec.ts'
import { file } from '../primitives/file/spec.ts'
import { debianPackage } from '../primitives/package/spec.ts'
import { sysctl } from '../primitives/sysctl/spec.ts'
import { compileCron } from './cron.ts'
import { compileKernel } from './kernel.ts'
import { compileMailer } from './mailer/compile.ts'
import { compileMounts, mountsOfFile } from './mounts.ts'
import { compileNames } from './names.ts'
import type { SystemPlace } from './place.ts'
import { compileServices, inOrder } from './services.ts'
import type { SystemSpec } from './spec.ts'
import { compileSshd } from './sshd.ts'
import { compileUpdates } from './updates.ts'
import { compileGroup, compileUsers } from './users.ts'

/** What a machine must hold: the same for a hypervisor and for the inside of a container. */
export function compileSystem(place: SystemPlace, fleet: string): readonly Spec[] {
  const { system, target, policies } = place
  const { sysctl: settings = {}, packages = [], hosts = [], files = [] } = system
  const installed = packages.map(debianPackage)
  const needs = installed.map(({ id }) => ({ target, id }))
  const written = files.map(({ path, content, mode = '0644', owner = 'root:root' }) =>
    file({ path, content, mode, owner, needs: [...needs, ...ownerOf(owner, place), ...mountsOfFile(place, path)] }),
  )
  const all = [
    ...Object.entries(settings).map(([key, value = '']) => sysctl(key, value)),
    ...installed,
    ...(hosts.length === 0 ? [] : [hostsBlock(hosts)]),
    ...(system.groups ?? []).map((one) => compileGroup(one, needs)),
    ...compileUsers(place, needs, fleet),
    ...compileSshd(place, needs, fleet),
    ...compileNames(place, needs, fleet),
    ...compileMounts(place, needs, fleet),
    ...compileCron(place, needs, fleet),
    ...compileUpdates(place, needs, fleet),
    ...compileKernel(place, needs, fleet),
    ...compileMailer(place, needs, fleet),
    ...inOrder(written, place),
    ...compileServices(place, needs, written),
  ]
  return unique(all).map((one) => ({ ...policies, ...one }))
}

/** An account or group of the same manifest must stand before a file can be its. */
function ownerOf(owner: string, { system: { users = [], groups = [] }, target }: SystemPlace): readonly Needed[] {
  const [name = '', group = ''] = owner.split(':')
  return [
    ...(users.some((user) => user.name === name) ? [{ target, id: primitiveId('account', name) }] : []),
    ...(groups.some((one) => one.name === group) ? [{ target, id: primitiveId('group', group) }] : []),
  ]
}

/** A package may be asked for by name and by what needs it. */
function unique(all: readonly Spec[]): readonly Spec[] {
  return [...new Map(all.map((one) => [one.id, one])).values()]
}

/** At the end: where a name stands twice, the machine's own line comes first and wins (hosts(5)). */
function hostsBlock(hosts: NonNullable<SystemSpec['hosts']>) {
  const content = hosts.map(({ address, names }) => `${address}\t${names.join(' ')}\n`).join('')
  return block({ path: '/etc/hosts', name: 'hosts', content, created: { mode: '0644', owner: 'root:root' } })
}
