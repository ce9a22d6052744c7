import type { Fleet, KindName, KindSpecs } from '../model/fleet.ts'
import type { ManifestId } from '../model/ids.ts'
import type { Manifest } from '../model/manifest.ts'
import { type Secrets, secretOf } from './secrets.ts'

/** A fleet of these manifests, in the order of kind and name. Ids must be unique: the second of one id is a bug and throws. */
export function createFleet(name: string, commit: string, manifests: readonly Manifest[], secrets: Secrets = new Map()): Fleet {
  const sorted = manifests.toSorted((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name))
  const byId = new Map<string, Manifest>(sorted.map((manifest) => [manifest.id, manifest]))
  if (byId.size !== sorted.length) throw new Error('two manifests of one id reached the fleet')
  const byKind = Map.groupBy(sorted, (manifest) => manifest.kind)
  return {
    name,
    commit,
    manifests: sorted,
    secret: (of) => secretOf(secrets, of),
    get: <K extends KindName>(kind: K, of: string) => byId.get(`${kind}/${of}`) as Manifest<K, KindSpecs[K]> | undefined,
    all: <K extends KindName>(kind: K) => (byKind.get(kind) ?? []) as unknown as readonly Manifest<K, KindSpecs[K]>[],
  }
}

/** The manifest of this id; undefined where it is not in the fleet. */
export function manifestIn(fleet: Fleet, id: ManifestId): Manifest | undefined {
  const slash = id.indexOf('/')
  return fleet.get(id.slice(0, slash) as KindName, id.slice(slash + 1))
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
