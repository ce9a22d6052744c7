import type { Fleet, KindName } from '../../model/fleet.ts'
import { containerName, hypervisorName } from '../../model/ids.ts'
import type { Reference } from '../../model/kind.ts'
import type { Manifest } from '../../model/manifest.ts'
import { type Placement, type Target, targetKey } from '../../model/target.ts'
import { containersOf } from './containers.ts'
import type { FirewallSpec } from './spec.ts'

type Aim = NonNullable<FirewallSpec['target']>
/** The part of a Container's spec that says where it lives. */
interface Placed {
  readonly hypervisor?: string
  readonly provider?: 'lxc' | 'openvz'
  readonly lxc?: { readonly name?: string }
  readonly openvz?: { readonly ctid: number }
}

/** Every target that the manifest names or selects. */
export function placementsOf(spec: FirewallSpec, fleet: Fleet): readonly Placement[] {
  const named = [...(spec.target ? [spec.target] : []), ...(spec.targets ?? [])].flatMap((aim) => targetOf(aim, fleet) ?? [])
  const labels = spec.targetSelector?.matchLabels
  const selected = labels === undefined ? [] : selectedBy(labels, fleet)
  const byKey = new Map([...named, ...selected].map((target) => [targetKey(target), target]))
  return [...byKey.values()].map((target) => ({ target, role: 'host' }))
}

/** The names that it mentions, with their places. */
export function referencesOf(spec: FirewallSpec): readonly Reference[] {
  const several = (spec.targets ?? []).flatMap((aim, index) => referenceOf(aim, `spec.targets[${index}]`))
  const addressed = containersOf(spec).map(({ name, path }) => ({ kind: 'Container' as const, name, path: `spec.${path}` }))
  return [...(spec.target ? referenceOf(spec.target, 'spec.target') : []), ...several, ...addressed]
}

/** Another kind's manifest by name; its spec is read by the few fields that we need, whatever version of its CRD the fleet has. */
export function manifestNamed(fleet: Fleet, kind: string, name: string): Manifest | undefined {
  return fleet.get(kind as KindName, name)
}

function referenceOf(aim: Aim, path: string): readonly Reference[] {
  if (aim.container !== undefined) return [{ kind: 'Container' as string as KindName, name: aim.container, path: `${path}.container` }]
  if (aim.hypervisor !== undefined) return [{ kind: 'Hypervisor' as string as KindName, name: aim.hypervisor, path: `${path}.hypervisor` }]
  return []
}

function targetOf(aim: Aim, fleet: Fleet): Target | undefined {
  if (aim.container === undefined) return aim.hypervisor === undefined ? undefined : { hypervisor: hypervisorName(aim.hypervisor) }
  const placed = manifestNamed(fleet, 'Container', aim.container)?.spec as Placed | undefined
  if (placed?.hypervisor === undefined) return undefined
  const { provider = 'lxc' } = placed
  const inside = containerName(provider === 'openvz' ? String(placed.openvz?.ctid ?? 0) : (placed.lxc?.name ?? aim.container))
  return { hypervisor: hypervisorName(placed.hypervisor), inside, provider }
}

function selectedBy(labels: Readonly<Record<string, string | undefined>>, fleet: Fleet): readonly Target[] {
  const matching = fleet
    .all('Hypervisor')
    .filter((manifest) => Object.entries(labels).every(([key, value]) => manifest.labels[key] === value))
  return matching.map((manifest) => ({ hypervisor: hypervisorName(manifest.name) }))
}
