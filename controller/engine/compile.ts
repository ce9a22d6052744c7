import type { Fleet } from '../model/fleet.ts'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import { type AnyKind, complain, type Desired, type OwnedVital } from '../model/kind.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import type { DesiredState } from '../model/plan.ts'
import type { AnyPrimitive, Spec } from '../model/primitive.ts'
import { type Target, targetKey } from '../model/target.ts'
import { sameHashes } from './diff.ts'
import { hashFields } from './ledger.ts'
import { type WatchedPeers, watchedPeers } from './peers.ts'
import { type Rollouts, rolloutsOf } from './rollout.ts'

export interface Compiled {
  readonly states: ReadonlyMap<HypervisorName, DesiredState>
  /** Where each manifest stands, also one that asks for nothing there. */
  readonly placed: readonly { readonly manifest: ManifestId; readonly target: Target }[]
  readonly diagnostics: readonly Diagnostic[]
  /** What specs look at on other targets. */
  readonly peers: WatchedPeers
  /** Manifests whose placements change one after the other. */
  readonly rollouts: Rollouts
}

interface Item {
  readonly target: Target
  spec: Spec
  readonly owners: Manifest[]
}

/** Fleet → desired state of every hypervisor. Pure: the same commit gives the same bytes. Two manifests that ask opposite things of one item are both named, and neither gets it. */
export function compileFleet(fleet: Fleet, kinds: readonly AnyKind[], primitives: readonly AnyPrimitive[]): Compiled {
  const byKind = new Map(kinds.map((kind) => [kind.kind, kind]))
  const byType = new Map(primitives.map((primitive) => [primitive.type, primitive]))
  const collector = createCollector(byType)
  const vitals = new Map<HypervisorName, OwnedVital[]>()
  const placed: { manifest: ManifestId; target: Target }[] = []
  const placedAt: { manifest: Manifest; kind: AnyKind; targets: readonly Target[] }[] = []
  for (const hypervisor of fleet.manifests.filter((manifest) => manifest.kind === 'Hypervisor'))
    vitals.set(hypervisor.name as HypervisorName, [])
  for (const manifest of fleet.manifests) {
    const kind = byKind.get(manifest.kind)
    const placements = kind?.place(manifest, fleet) ?? []
    if (kind) placedAt.push({ manifest, kind, targets: placements.map(({ target }) => target) })
    for (const placement of placements) {
      placed.push({ manifest: manifest.id, target: placement.target })
      for (const spec of kind?.compile(manifest, placement, fleet) ?? []) collector.add(placement.target, spec, manifest)
      const own = kind?.vitals?.(manifest, placement, fleet) ?? []
      vitals.get(placement.target.hypervisor)?.push(...own.map((vital) => ({ ...vital, owner: manifest.id })))
    }
  }
  const states = collector.states(fleet, vitals)
  const items = [...states.values()].flatMap((state) => state.items)
  const rollouts = rolloutsOf(placedAt, items, byType, fleet.name)
  return { states, placed, diagnostics: collector.diagnostics, peers: watchedPeers(items, byType), rollouts }
}

function createCollector(primitives: ReadonlyMap<string, AnyPrimitive>) {
  const items = new Map<string, Item>()
  const broken = new Set<string>()
  const diagnostics: Diagnostic[] = []

  function add(target: Target, spec: Spec, manifest: Manifest): void {
    const key = `${targetKey(target)} ${spec.id}`
    const item = items.get(key)
    if (item === undefined) {
      items.set(key, { target, spec, owners: [manifest] })
      return
    }
    const merged = mergeSpecs(primitives.get(spec.type), item.spec, spec)
    if (typeof merged === 'string') conflict(key, item, manifest, merged)
    else item.spec = merged
    if (!item.owners.includes(manifest)) item.owners.push(manifest)
  }

  function conflict(key: string, item: Item, manifest: Manifest, reason: string): void {
    broken.add(key)
    const first = item.owners[0]
    diagnostics.push(
      complain(
        manifest,
        '',
        `${item.spec.id} on ${targetKey(item.target)} is also asked for by ${first?.id ?? 'another manifest'}: ${reason}`,
      ),
    )
  }

  function states(fleet: Fleet, vitals: ReadonlyMap<HypervisorName, readonly OwnedVital[]>): ReadonlyMap<HypervisorName, DesiredState> {
    const kept = [...items].filter(([key]) => !broken.has(key)).map(([, item]) => item)
    const byHost = Map.groupBy(kept, ({ target }) => target.hypervisor)
    return new Map([...vitals].map(([hypervisor, own]) => [hypervisor, stateOf(fleet, hypervisor, byHost.get(hypervisor) ?? [], own)]))
  }
  return { add, states, diagnostics }
}

function stateOf(fleet: Fleet, hypervisor: HypervisorName, items: readonly Item[], vitals: readonly OwnedVital[]): DesiredState {
  const own = items.map(toDesired)
  return { hypervisor, fleet: fleet.name, commit: fleet.commit, items: own, vitals: worthTheWay(vitals, own) }
}

/** Without those that ride along where nothing goes. */
function worthTheWay(vitals: readonly OwnedVital[], items: readonly Desired[]): readonly OwnedVital[] {
  const going = vitals.filter(({ ridesAlong, pace }) => ridesAlong === undefined && pace === 'trip')
  const entered = new Set([...items, ...going].map(({ target }) => targetKey(target)))
  return vitals.filter(({ ridesAlong, target }) => ridesAlong === undefined || entered.has(targetKey(target)))
}

function toDesired(item: Item): Desired {
  return { target: item.target, spec: item.spec, owners: item.owners.map((owner) => owner.id) }
}

/** Two manifests may ask for the same thing, if they ask the same of it; how it is looked after is then as the first one says. */
function mergeSpecs(primitive: AnyPrimitive | undefined, one: Spec, other: Spec): Spec | string {
  if (primitive?.merge) return primitive.merge(one, other)
  if (primitive && sameHashes(hashFields(primitive.fields(one), ''), hashFields(primitive.fields(other), ''))) return withNeeds(one, other)
  return 'they ask for different things'
}

function withNeeds(one: Spec, other: Spec): Spec {
  const needs = [...(one.needs ?? []), ...(other.needs ?? [])]
  const peers = [...(one.peers ?? []), ...(other.peers ?? [])]
  return { ...one, ...(needs.length === 0 ? {} : { needs }), ...(peers.length === 0 ? {} : { peers }) }
}
