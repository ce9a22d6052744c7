import type { Script } from '../shell/sh.ts'
import type { Alarm } from './alarm.ts'
import type { Fleet, KindName, KindSpecs } from './fleet.ts'
import type { ManifestId } from './ids.ts'
import type { Diagnostic, Manifest } from './manifest.ts'
import type { VitalLabel, VitalMetric } from './metric.ts'
import type { NetworkProbe, Spec } from './primitive.ts'
import type { Placement, Target } from './target.ts'

/** A name of another manifest that a spec mentions, and where. */
export interface Reference {
  readonly kind: KindName
  readonly name: string
  /** Path of the field from the manifest's root: `spec.target.container`. */
  readonly path: string
}

/** Something that must be unique, such as an address on a target: two manifests that claim the same scope and value are both named. */
export interface Claim {
  /** `address on he1/web`, `LV in vg_data on he1`, `server name:port on he1/web`. */
  readonly scope: string
  readonly value: string
  readonly path: string
}

/** One number for /metrics. The registry adds the labels hypervisor, kind and name. */
export interface Sample {
  readonly metric: VitalMetric
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

type LabelArgument<M extends VitalMetric> = [VitalLabel<M>] extends [never] ? [] : [labels: Readonly<Record<VitalLabel<M>, string>>]

/** A number of a metric, with just the labels that its definition names. */
export function sample<M extends VitalMetric>(metric: M, value: number, ...[labels]: LabelArgument<M>): Sample {
  return { metric, value, ...(labels === undefined ? {} : { labels }) }
}

export interface Reading {
  readonly status: 'read' | 'unknown'
  readonly stdout: string
  readonly reason: string
}

export interface Assessment {
  readonly healthy: boolean | 'unknown'
  /** CamelCase reason of the Healthy condition. */
  readonly reason: string
  readonly message: string
  readonly samples: readonly Sample[]
  /** What people must hear of in so many words: one mail for each subject and condition. */
  readonly alarms?: readonly Alarm[]
  /** Subjects that could not be read this time: nothing about them is over. What was not read at all is `healthy: 'unknown'` without alarms, and proves as little. */
  readonly unread?: readonly string[]
}

/** Read-only health of one placement; moves only the condition Healthy. */
export interface Vital {
  readonly id: string
  readonly target: Target
  /** `trip`: in every observation · `slow`: apart, at its own pace · `fromController`: over the network. */
  readonly pace: 'trip' | 'slow' | 'fromController'
  readonly probe: Script | NetworkProbe
  /** It is not worth entering a container for: asked only where something else is asked there, too. */
  readonly ridesAlong?: true
  /** Of `slow` alone: how often it is asked. Default every 5 minutes. */
  readonly everySeconds?: number
  assess(reading: Reading): Assessment
}

/** A vital and the manifest that it speaks of. */
export interface OwnedVital extends Vital {
  readonly owner: ManifestId
}

/** How a change of a manifest reaches its placements; absent: all at once. */
export type Rollout = 'oneAtATime'

/** A kind: a pure compiler from a manifest to what hosts must hold. */
export interface Kind<K extends KindName = KindName> {
  readonly kind: K
  references(spec: KindSpecs[K]): readonly Reference[]
  claims?(manifest: Manifest<K, KindSpecs[K]>, fleet: Fleet): readonly Claim[]
  /** What the schema cannot say. References are resolved by then. */
  check(manifest: Manifest<K, KindSpecs[K]>, fleet: Fleet): readonly Diagnostic[]
  place(manifest: Manifest<K, KindSpecs[K]>, fleet: Fleet): readonly Placement[]
  /**
   * `oneAtATime`: its placements change one after the other, in the order of `place`; each waits until all before it are converged and Healthy. Healthy
   * is what the vitals of this manifest say whose target is the placement's own; a placement without vitals is Healthy when it is converged.
   */
  rollout?(manifest: Manifest<K, KindSpecs[K]>): Rollout | undefined
  compile(manifest: Manifest<K, KindSpecs[K]>, at: Placement, fleet: Fleet): readonly Spec[]
  vitals?(manifest: Manifest<K, KindSpecs[K]>, at: Placement, fleet: Fleet): readonly Vital[]
}

/** A kind with its spec's type erased, for the registry and the engine. */
export interface AnyKind {
  readonly kind: string
  references(spec: unknown): readonly Reference[]
  claims?(manifest: Manifest, fleet: Fleet): readonly Claim[]
  check(manifest: Manifest, fleet: Fleet): readonly Diagnostic[]
  place(manifest: Manifest, fleet: Fleet): readonly Placement[]
  rollout?(manifest: Manifest): Rollout | undefined
  compile(manifest: Manifest, at: Placement, fleet: Fleet): readonly Spec[]
  vitals?(manifest: Manifest, at: Placement, fleet: Fleet): readonly Vital[]
}

/** Erases a kind's spec type. Safe because the engine hands a kind only manifests that its own CRD validated. */
export function defineKind<K extends KindName>(kind: Kind<K>): AnyKind {
  return kind as unknown as AnyKind
}

/** A diagnostic of this manifest at one of its fields. */
export function complain(manifest: Manifest, path: string, summary: string, hint?: string): Diagnostic {
  const at = manifest.at(path)
  return { severity: 'error', at, path, summary, manifest: manifest.id, ...(hint === undefined ? {} : { hint }) }
}

/** An item of desired state: a spec on a target, and the manifests that asked for it. */
export interface Desired {
  readonly target: Target
  readonly spec: Spec
  readonly owners: readonly ManifestId[]
}
