import type { Fleet, KindName, KindSpecs } from './fleet.ts'
import type { Manifest } from './manifest.ts'

type KeysOf<K extends KindName> = (manifest: Manifest<K, KindSpecs[K]>, fleet: Fleet) => readonly string[]

const indices = new WeakMap<Fleet, Map<unknown, ReadonlyMap<string, readonly Manifest[]>>>()

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
  const own = indices.get(fleet) ?? new Map<unknown, ReadonlyMap<string, readonly Manifest[]>>()
  indices.set(fleet, own)
  const index = own.get(keysOf) ?? indexOf(fleet, kind, keysOf)
  own.set(keysOf, index)
  return (index.get(key) ?? []) as readonly Manifest<K, KindSpecs[K]>[]
}

/** What stands on a hypervisor by its own words: `spec.hypervisor`. */
export function hypervisorOf({ spec }: { readonly spec: { readonly hypervisor: string } }): readonly string[] {
  return [spec.hypervisor]
}

function indexOf<K extends KindName>(fleet: Fleet, kind: K, keysOf: KeysOf<K>): ReadonlyMap<string, readonly Manifest[]> {
  const pairs = fleet.all(kind).flatMap((manifest) => [...new Set(keysOf(manifest, fleet))].map((key) => ({ key, manifest })))
  return new Map([...Map.groupBy(pairs, ({ key }) => key)].map(([key, found]) => [key, found.map(({ manifest }) => manifest)]))
}
