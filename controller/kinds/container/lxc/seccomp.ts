import type { Fleet } from '../../../model/fleet.ts'
import { primitiveId } from '../../../model/ids.ts'
import type { Needed } from '../../../model/primitive.ts'
import type { Target } from '../../../model/target.ts'
import type { ContainerSpec } from '../spec.ts'

/** What Debian's lxc confines every container with (common.conf names it). */
const distribution = '/usr/share/lxc/config/common.seccomp'

export function seccompPath(wanted: string): string {
  return wanted === 'default' ? distribution : wanted
}

/** The profile, where the Hypervisor's manifest puts it there: it comes first. */
export function neededProfile({ hypervisor, security }: ContainerSpec, target: Target, fleet: Fleet): readonly Needed[] {
  const files = fleet.get('Hypervisor', hypervisor)?.spec.system?.files ?? []
  return files.filter(({ path }) => path === security?.seccomp).map(({ path }) => ({ target, id: primitiveId('file', path) }))
}
