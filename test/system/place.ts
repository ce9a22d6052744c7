import { reconcile } from '../../controller/engine/reconcile.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import type { Placement } from '../../controller/model/target.ts'
import { depsOf, desired } from '../conformance/engine.ts'
import type { ShellHost } from '../engine/shell-host.ts'
import { complaints, fleetOf, kindOf } from '../kinds/fleet.ts'

/** A key of each machine's; nobody has its other half. */
export const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGZ2dXQ0cW1xcnN0dXZ3eHl6MDEyMzQ1Njc4OWFiY2Rl'

/** A Hypervisor with this `system`, in YAML's flow style. */
export function hypervisor(system: string, more = ''): string {
  return `---\napiVersion: reeve.dev/v1\nkind: Hypervisor\nmetadata: {name: he1}\nspec:\n  hostKeys: ["${hostKey}"]\n  address: 192.0.2.10\n${more}  system: ${system}\n`
}

export function container(system: string): string {
  return `---\napiVersion: reeve.dev/v1\nkind: Container\nmetadata: {name: web}\nspec:\n  hypervisor: he1\n  rootfs: {lvm: {volumeGroup: vg, size: 1Gi}}\n  system: ${system}\n`
}

/** What the check says of a `system` of a hypervisor, without the path that all have. */
export function says(system: string, more?: string, others = ''): readonly string[] {
  return complaints(fleetOf(hypervisor(system, more) + others), 'Hypervisor').map((one) => one.replace('spec.system.', ''))
}

/** What the check says of the same inside a container. */
export function saysInside(system: string): readonly string[] {
  return complaints(fleetOf(container(system)), 'Container').map((one) => one.replace('spec.system.', ''))
}

/** All that a `system` asks of its hypervisor. */
export function specsOf(system: string, more?: string, others = ''): readonly Spec[] {
  const fleet = fleetOf(hypervisor(system, more) + others)
  const [manifest] = fleet.manifests
  const kind = kindOf('Hypervisor')
  return manifest ? kind.compile(manifest, kind.place(manifest, fleet)[0] as Placement, fleet) : []
}

/** One cycle of the real engine, and what became of it in words. */
export async function cycle(host: ShellHost, specs: readonly Spec[]): Promise<string> {
  const place = { host, run: async (script: string) => (await host.run(script)).stdout }
  const { status, message, plan, applied } = await reconcile(desired(specs), depsOf(place))
  const refused = plan.refused.flatMap(({ reasons }) => reasons)
  const failed = applied.flatMap(({ outcome }) => (outcome.status === 'failed' ? [outcome.stderr.trim()] : []))
  const orphans = plan.orphans.map(({ id, because }) => `${id}: ${because}`)
  return [status, message, ...refused, ...failed, ...orphans].filter((one) => one !== '').join('\n')
}
