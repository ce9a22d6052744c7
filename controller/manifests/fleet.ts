import type { Fleet, KindName, KindSpecs } from '../model/fleet.ts'
import type { ManifestId } from '../model/ids.ts'
import type { Manifest } from '../model/manifest.ts'
import { type Secrets, secretOf } from './secrets.ts'

/** A fleet of these manifests, in the order of kind and name. Ids must be unique: the second of one id is a bug and throws. */
export function createFleet(name: string, commit: string, manifests: readonly Manifest[], secrets: Secrets = new Map()): Fleet {
  return createFleetShelf().fleetOf(name, commit, manifests, secrets)
}

/** All of one kind. */
interface Shelf {
  /** As they came. */
  readonly given: readonly Manifest[]
  /** By name. */
  readonly sorted: readonly Manifest[]
  readonly byName: ReadonlyMap<string, Manifest>
}

/** Makes fleets, and keeps the order of the last one: what is the same again of a kind is not sorted again. */
export interface FleetShelf {
  fleetOf(name: string, commit: string, manifests: readonly Manifest[], secrets: Secrets): Fleet
}

export function createFleetShelf(): FleetShelf {
  let before: ReadonlyMap<string, Shelf> = new Map()
  return {
    fleetOf(name, commit, manifests, secrets) {
      const given = [...Map.groupBy(manifests, (manifest) => manifest.kind)].sort(([one], [other]) => compare(one, other))
      const kinds = new Map(given.map(([kind, own]) => [kind, shelved(own, before.get(kind))]))
      before = kinds
      return {
        name,
        commit,
        manifests: [...kinds.values()].flatMap(({ sorted }) => sorted),
        secret: (of) => secretOf(secrets, of),
        get: <K extends KindName>(kind: K, of: string) => kinds.get(kind)?.byName.get(of) as Manifest<K, KindSpecs[K]> | undefined,
        all: <K extends KindName>(kind: K) => (kinds.get(kind)?.sorted ?? []) as unknown as readonly Manifest<K, KindSpecs[K]>[],
      }
    },
  }
}

function shelved(given: readonly Manifest[], before: Shelf | undefined): Shelf {
  if (before?.given.length === given.length && given.every((each, index) => each === before.given[index])) return before
  const byName = new Map(given.map((manifest) => [manifest.name, manifest]))
  if (byName.size !== given.length) throw new Error('two manifests of one id reached the fleet')
  return { given, sorted: given.toSorted((a, b) => compare(a.name, b.name)), byName }
}

/** The manifest of this id; undefined where it is not in the fleet. */
export function manifestIn(fleet: Fleet, id: ManifestId): Manifest | undefined {
  const slash = id.indexOf('/')
  return fleet.get(id.slice(0, slash) as KindName, id.slice(slash + 1))
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
