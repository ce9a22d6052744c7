import type { Fleet, KindName, KindSpecs } from '../model/fleet.ts'
import type { ManifestId } from '../model/ids.ts'
import type { Manifest } from '../model/manifest.ts'
import { type Secrets, secretOf } from './secrets.ts'

/** A fleet of these manifests, in the order of kind and name. Ids must be unique: the second of one id is a bug and throws. */
export function createFleet(name: string, commit: string, manifests: readonly Manifest[], secrets: Secrets = new Map()): Fleet {
  const byKind = Map.groupBy(manifests, (manifest) => manifest.kind)
  const kinds = new Map(
    [...byKind].sort(([one], [other]) => compare(one, other)).map(([kind, own]) => [kind, own.sort((a, b) => compare(a.name, b.name))]),
  )
  const byName = new Map([...kinds].map(([kind, own]) => [kind, new Map(own.map((manifest) => [manifest.name, manifest]))]))
  for (const [kind, own] of kinds)
    if (byName.get(kind)?.size !== own.length) throw new Error(`two manifests of one id reached the fleet: a ${kind}`)
  return {
    name,
    commit,
    manifests: [...kinds.values()].flat(),
    secret: (of) => secretOf(secrets, of),
    get: <K extends KindName>(kind: K, of: string) => byName.get(kind)?.get(of) as Manifest<K, KindSpecs[K]> | undefined,
    all: <K extends KindName>(kind: K) => (kinds.get(kind) ?? []) as unknown as readonly Manifest<K, KindSpecs[K]>[],
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
