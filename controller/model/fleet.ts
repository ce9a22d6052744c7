import type { Secret } from '../shell/secret.ts'
import type { Manifest } from './manifest.ts'

/** Kind → type of its spec. Each generated `kinds/<kind>/spec.ts` adds its own entry. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging from the generated specs
export interface KindSpecs {}

export type KindName = keyof KindSpecs & string

/** All valid manifests of one commit, references resolved. Kinds read each other's declared spec through it. */
export interface Fleet {
  /** The fleet's name: its identity on hosts. */
  readonly name: string
  readonly commit: string
  get<K extends KindName>(kind: K, name: string): Manifest<K, KindSpecs[K]> | undefined
  all<K extends KindName>(kind: K): readonly Manifest<K, KindSpecs[K]>[]
  /** The value that a `secretRef` names; undefined where there is none (its manifest is out of the fleet then). */
  secret(name: string): Secret | undefined
  /** Every manifest, in the order of kind and name. */
  readonly manifests: readonly Manifest[]
  /** Of a fleet that notes what it is asked (watch.ts): how fleetIndex.ts finds things in it. Kinds call `manifestsBy` and `oncePer`. */
  by?<K extends KindName>(kind: K, keysOf: unknown, key: string): readonly Manifest<K, KindSpecs[K]>[]
  once?<T>(find: (fleet: Fleet) => T): T
}
