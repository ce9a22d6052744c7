import type { Fleet, KindName, KindSpecs } from './fleet.ts'
import type { Manifest } from './manifest.ts'

/** Gives the keys that a manifest stands under. */
type KeysOf<K extends KindName> = (manifest: Manifest<K, KindSpecs[K]>, fleet: Fleet) => readonly string[]

/** The same with the kind erased. */
export type AnyKeysOf = (manifest: never, fleet: Fleet) => readonly string[]

type Index = ReadonlyMap<string, readonly Manifest[]>

const none: readonly Manifest[] = []

/** By fleet, then by kind, then by what gives the keys: one function may serve several kinds. */
const indices = new WeakMap<Fleet, Map<KindName, Map<unknown, Index>>>()

/**
 * Manifests of a kind that stand under a key (a target, a hypervisor), in the order of the fleet. What each placement asks of all the others is found once and kept as
 * long as the fleet: looked for each time it would cost the square of the fleet. `keysOf` must be a function of a module, since it names the index, and pure.
 */
export function manifestsBy<K extends KindName>(
  fleet: Fleet,
  kind: K,
  keysOf: KeysOf<K>,
  key: string,
): readonly Manifest<K, KindSpecs[K]>[] {
  if (fleet.by !== undefined) return fleet.by(kind, keysOf, key)
  const kinds = indices.get(fleet) ?? new Map<KindName, Map<unknown, Index>>()
  indices.set(fleet, kinds)
  const own = kinds.get(kind) ?? new Map<unknown, Index>()
  kinds.set(kind, own)
  const index = own.get(keysOf) ?? indexOf(fleet, kind, keysOf)
  own.set(keysOf, index)
  return (index.get(key) ?? none) as readonly Manifest<K, KindSpecs[K]>[]
}

/** The same for what knows kinds by their names alone. */
export const manifestsOfAnyKind = manifestsBy as (fleet: Fleet, kind: KindName, keysOf: AnyKeysOf, key: string) => readonly Manifest[]

/** What stands on a hypervisor by its own words: `spec.hypervisor`. */
export function hypervisorOf({ spec }: { readonly spec: { readonly hypervisor: string } }): readonly string[] {
  return [spec.hypervisor]
}

function indexOf<K extends KindName>(fleet: Fleet, kind: K, keysOf: KeysOf<K>): Index {
  const index = new Map<string, Manifest[]>()
  for (const manifest of fleet.all(kind))
    for (const key of new Set(keysOf(manifest, fleet))) {
      const found = index.get(key)
      if (found === undefined) index.set(key, [manifest as unknown as Manifest])
      else found.push(manifest as unknown as Manifest)
    }
  return index
}

const onces = new WeakMap<Fleet, Map<unknown, unknown>>()

/** What all of a fleet say together: found once, and kept as long as the fleet. `find` must be a function of a module, since it names what is found, and pure. */
export function oncePer<T>(fleet: Fleet, find: (fleet: Fleet) => T): T {
  if (fleet.once !== undefined) return fleet.once(find)
  const known = onces.get(fleet) ?? new Map<unknown, unknown>()
  onces.set(fleet, known)
  if (!known.has(find)) known.set(find, find(fleet))
  return known.get(find) as T
}
