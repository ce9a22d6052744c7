import { controllerMetrics } from './controllerMetrics.ts'
import { vitalMetrics } from './vitalMetrics.ts'

/** What a metric is, as Prometheus knows it: its labels are all that its series ever carry. */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

/** Labels that every sample of a vital gets from the manifest that it speaks of. */
export const ownerLabels = ['hypervisor', 'kind', 'name'] as const

/** Every metric of Reeve, by the name without our prefix: exporter, dashboards, alert rules and docs/metrics.md know no other. */
export const metricDefinitions = { ...controllerMetrics, ...vitalMetrics } as const

type Definitions = typeof metricDefinitions
type VitalDefinitions = typeof vitalMetrics
type Key = keyof Definitions

/** Name in a sample of a vital. */
export type VitalMetric = keyof VitalDefinitions

/** Labels that a vital itself gives to its samples. */
export type VitalLabel<M extends VitalMetric> = VitalDefinitions[M]['labels'][number]

/** Names of one sort, for the exporter. */
export type ControllerMetric<T extends MetricDefinition['type']> = {
  [K in keyof typeof controllerMetrics]: (typeof controllerMetrics)[K]['type'] extends T ? K : never
}[keyof typeof controllerMetrics]

/** Name as it is exported; smartctl_* keep the names that others' dashboards know. */
export type Exported<K extends string> = K extends `smartctl_${string}` ? K : `reeve_${K}`

/** Names that may stand in a query: a histogram has three. */
export type SeriesName = {
  [K in Key]: Definitions[K]['type'] extends 'histogram' ? `${Exported<K>}_${'bucket' | 'sum' | 'count'}` : Exported<K>
}[Key]

type Unprefixed<S extends string> = S extends `reeve_${infer Rest}` ? Rest : S
type Unsuffixed<S extends string> = S extends Key
  ? S
  : S extends `${infer Head}_${'bucket' | 'sum' | 'count'}`
    ? Head extends Key
      ? Head
      : never
    : never
/** Which definition a name in a query is of. */
export type KeyOf<S extends SeriesName> = Unsuffixed<Unprefixed<S>>

/** Labels that a series of this name has. */
export type LabelOf<S extends SeriesName> =
  | Definitions[KeyOf<S>]['labels'][number]
  | (KeyOf<S> extends VitalMetric ? (typeof ownerLabels)[number] : never)
  | (S extends `${string}_bucket` ? 'le' : never)

export function exportedName(name: string): string {
  return name.startsWith('smartctl_') ? name : `reeve_${name}`
}
