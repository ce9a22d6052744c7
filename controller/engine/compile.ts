import type { Fleet } from '../model/fleet.ts'
import { createFleetMemo, type FleetMemo } from '../model/fleetMemo.ts'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import { type AnyKind, complain, type Desired, type OwnedVital } from '../model/kind.ts'
import type { Diagnostic, Manifest } from '../model/manifest.ts'
import type { DesiredState } from '../model/plan.ts'
import type { AnyPrimitive, Spec } from '../model/primitive.ts'
import { atOnce, type Steps } from '../model/steps.ts'
import { type Placement, type Target, targetKey } from '../model/target.ts'
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

/** What is remembered of the fleet before: a commit costs what it changed, and what that touches. */
export interface CompileMemo {
  readonly works: FleetMemo<Work>
  /** By hypervisor; of the fleet that was compiled last. */
  hosts: ReadonlyMap<HypervisorName, Assembled>
}

export function createCompileMemo(): CompileMemo {
  return { works: createFleetMemo(), hosts: new Map() }
}

/** Fleet → desired state of every hypervisor. Pure: the same commit gives the same bytes. Two manifests that ask opposite things of one item are both named, and neither gets it. */
export function compileFleet(
  fleet: Fleet,
  kinds: readonly AnyKind[],
  primitives: readonly AnyPrimitive[],
  memo = createCompileMemo(),
): Compiled {
  return atOnce(compiling(fleet, kinds, primitives, memo))
}

/** The same, step by step. */
export function* compiling(
  fleet: Fleet,
  kinds: readonly AnyKind[],
  primitives: readonly AnyPrimitive[],
  memo = createCompileMemo(),
): Steps<Compiled> {
  const byKind = new Map(kinds.map((kind) => [kind.kind, kind]))
  const byType = new Map(primitives.map((primitive) => [primitive.type, primitive]))
  const work = (manifest: Manifest, within: Fleet): Work => workOn(manifest, within, byKind.get(manifest.kind))
  const works = yield* memo.works.through(fleet, fleet.manifests, [kinds, fleet.name], work)
  const parts = works.flatMap((each) => each.parts)
  yield
  const hosts = yield* assembleAll(parts, primitives, byType, memo)
  const states = statesOf(fleet, hosts)
  yield
  const looking = [...states.keys()].flatMap((hypervisor) => hosts.get(hypervisor)?.looking ?? [])
  const slow = works.filter(({ isSlow }) => isSlow)
  return {
    states,
    placed: works.flatMap(({ placed }) => placed),
    diagnostics: conflictsOf(fleet, parts, hosts),
    peers: watchedPeers(looking, byType),
    rollouts: rolloutsOf(slow, (hypervisor) => states.get(hypervisor)?.items ?? [], byType, fleet.name),
  }
}

/** What one manifest comes to. */
interface Work {
  readonly parts: readonly Part[]
  readonly placed: Compiled['placed']
  /** Its placements change one after the other. */
  readonly isSlow: boolean
}

/** What it asks for in one place. */
export interface Part {
  readonly manifest: ManifestId
  readonly target: Target
  readonly specs: readonly Spec[]
  readonly vitals: readonly OwnedVital[]
}

function workOn(manifest: Manifest, fleet: Fleet, kind: AnyKind | undefined): Work {
  const placements = kind?.place(manifest, fleet) ?? []
  const parts = placements.map((placement) => partOf(manifest, placement, fleet, kind))
  return {
    parts,
    placed: parts.map(({ target }) => ({ manifest: manifest.id, target })),
    isSlow: parts.length > 1 && kind?.rollout?.(manifest) === 'oneAtATime',
  }
}

function partOf(manifest: Manifest, placement: Placement, fleet: Fleet, kind: AnyKind | undefined): Part {
  const vitals = kind?.vitals?.(manifest, placement, fleet) ?? []
  return {
    manifest: manifest.id,
    target: placement.target,
    specs: kind?.compile(manifest, placement, fleet) ?? [],
    vitals: vitals.map((vital) => ({ ...vital, owner: manifest.id })),
  }
}

/** All that is asked of one hypervisor, put together. */
interface Assembled {
  readonly parts: readonly Part[]
  readonly primitives: readonly AnyPrimitive[]
  readonly items: readonly Desired[]
  readonly vitals: readonly OwnedVital[]
  /** Items that look at others elsewhere. */
  readonly looking: readonly Desired[]
  readonly conflicts: readonly Conflict[]
}

/** Two manifests that ask opposite things. */
interface Conflict {
  readonly part: Part
  readonly summary: string
}

/** Where the very same parts come together, it is what it was. */
function* assembleAll(
  parts: readonly Part[],
  primitives: readonly AnyPrimitive[],
  byType: ReadonlyMap<string, AnyPrimitive>,
  memo: CompileMemo,
): Steps<ReadonlyMap<HypervisorName, Assembled>> {
  const before = memo.hosts
  const hosts = new Map<HypervisorName, Assembled>()
  for (const [hypervisor, own] of Map.groupBy(parts, ({ target }) => target.hypervisor)) {
    const known = before.get(hypervisor)
    const isSame =
      known?.primitives === primitives && known.parts.length === own.length && known.parts.every((each, at) => each === own[at])
    hosts.set(hypervisor, known !== undefined && isSame ? known : assemble(own, primitives, byType))
    yield
  }
  memo.hosts = hosts
  return hosts
}

interface Item {
  readonly target: Target
  spec: Spec
  readonly owners: ManifestId[]
  isBroken: boolean
}

function assemble(parts: readonly Part[], primitives: readonly AnyPrimitive[], byType: ReadonlyMap<string, AnyPrimitive>): Assembled {
  const all = new Map<string, Item>()
  const conflicts: Conflict[] = []
  for (const part of parts)
    for (const spec of part.specs) {
      const summary = add(all, part, spec, byType.get(spec.type))
      if (summary !== undefined) conflicts.push({ part, summary })
    }
  const items = [...all.values()].flatMap(({ isBroken, target, spec, owners }) => (isBroken ? [] : [{ target, spec, owners }]))
  const vitals = parts.flatMap((part) => part.vitals)
  const looking = items.filter(({ spec }) => spec.peers !== undefined)
  return { parts, primitives, items, vitals: worthTheWay(vitals, items), looking, conflicts }
}

/** Why it cannot be had; undefined where it can. */
function add(items: Map<string, Item>, { manifest, target }: Part, spec: Spec, primitive: AnyPrimitive | undefined): string | undefined {
  const key = `${targetKey(target)} ${spec.id}`
  const item = items.get(key)
  if (item === undefined) {
    items.set(key, { target, spec, owners: [manifest], isBroken: false })
    return undefined
  }
  const merged = mergeSpecs(primitive, item.spec, spec)
  const first = item.owners[0]
  if (!item.owners.includes(manifest)) item.owners.push(manifest)
  if (typeof merged !== 'string') {
    item.spec = merged
    return undefined
  }
  item.isBroken = true
  return `${item.spec.id} on ${targetKey(target)} is also asked for by ${first ?? 'another manifest'}: ${merged}`
}

/** In the order of the fleet, which is that of its parts. */
function conflictsOf(fleet: Fleet, parts: readonly Part[], hosts: ReadonlyMap<HypervisorName, Assembled>): readonly Diagnostic[] {
  const conflicts = [...hosts.values()].flatMap((host) => host.conflicts)
  if (conflicts.length === 0) return []
  const places = new Map(parts.map((part, place) => [part, place]))
  const owners = new Map(fleet.manifests.map((manifest) => [manifest.id, manifest]))
  const placeOf = ({ part }: Conflict): number => places.get(part) ?? 0
  return conflicts
    .toSorted((one, other) => placeOf(one) - placeOf(other))
    .flatMap(({ part, summary }) => {
      const manifest = owners.get(part.manifest)
      return manifest === undefined ? [] : [complain(manifest, '', summary)]
    })
}

function statesOf(fleet: Fleet, hosts: ReadonlyMap<HypervisorName, Assembled>): ReadonlyMap<HypervisorName, DesiredState> {
  const hypervisors = fleet.manifests.filter(({ kind }) => kind === 'Hypervisor').map(({ name }) => name as HypervisorName)
  return new Map(
    hypervisors.map((hypervisor) => {
      const { items = [], vitals = [] } = hosts.get(hypervisor) ?? {}
      return [hypervisor, { hypervisor, fleet: fleet.name, commit: fleet.commit, items, vitals }]
    }),
  )
}

/** Without those that ride along where nothing goes. */
function worthTheWay(vitals: readonly OwnedVital[], items: readonly Desired[]): readonly OwnedVital[] {
  const going = vitals.filter(({ ridesAlong, pace }) => ridesAlong === undefined && pace === 'trip')
  const entered = new Set([...items, ...going].map(({ target }) => targetKey(target)))
  return vitals.filter(({ ridesAlong, target }) => ridesAlong === undefined || entered.has(targetKey(target)))
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
