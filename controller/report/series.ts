import { Counter } from 'prom-client'
import { alertConditions } from '../model/alarm.ts'
import { controllerMetrics } from '../model/controllerMetrics.ts'
import { reconcileResults } from '../model/event.ts'
import { type ManifestId, manifestId } from '../model/ids.ts'
import type { Sample } from '../model/kind.ts'
import { exportedName } from '../model/metric.ts'
import { brakes } from '../model/plan.ts'
import { watchSources } from '../model/watched.ts'
import { severities } from './alerts.ts'
import { type Metrics, shownConditions } from './metrics.ts'

/** Labels of a manifest on a hypervisor. */
export interface OwnerLabels {
  readonly hypervisor: string
  readonly kind: string
  readonly name: string
}

type Labels = Readonly<Record<string, string>>
type Definitions = typeof controllerMetrics
/** Label of a metric that has one series or a few for each hypervisor, and none for its manifests. */
type HostLabel = {
  [K in keyof Definitions]: Definitions[K]['labels'] extends readonly (infer L)[]
    ? 'hypervisor' extends L
      ? 'kind' extends L
        ? never
        : L
      : never
    : never
}[keyof Definitions]

/** All that can stand besides the hypervisor, by the first label that does. So its series are found without a look at those of the others. */
const besides: Readonly<
  Record<Exclude<HostLabel, 'hypervisor' | 'severity'>, (metrics: Metrics, hypervisor: string) => readonly Labels[]>
> = {
  commit: ({ verified }, hypervisor) => [{ commit: verified.get(hypervisor) ?? '' }],
  condition: () => alertConditions.map((condition) => ({ condition, severity: severities[condition] })),
  reason: () => brakes.map((reason) => ({ reason })),
  result: () => reconcileResults.map((result) => ({ result })),
  source: () => watchSources.map((source) => ({ source })),
}

/** Notes that a manifest has series there. */
export function know({ known }: Metrics, hypervisor: string, manifest: ManifestId): void {
  const there = known.get(hypervisor)
  if (there === undefined) known.set(hypervisor, new Map([[manifest, []]]))
  else if (!there.has(manifest)) there.set(manifest, [])
}

/** Makes a vital's samples the only ones of this object; a sub-object that is no longer named goes. */
export function setSamples(metrics: Metrics, owner: OwnerLabels, samples: readonly Sample[]): void {
  const id = manifestId(owner.kind, owner.name)
  know(metrics, owner.hypervisor, id)
  removeSamples(metrics, owner)
  metrics.known.get(owner.hypervisor)?.set(id, samples)
  // A counter's series was removed, and so begins at 0: what is added is what was read.
  for (const { metric, value, labels } of samples) {
    const vital = metrics.vitals.get(metric)
    if (vital instanceof Counter) vital.inc({ ...labels, ...owner }, value)
    else vital?.set({ ...labels, ...owner }, value)
  }
}

function removeSamples({ known, vitals }: Metrics, owner: OwnerLabels): void {
  const standing = known.get(owner.hypervisor)?.get(manifestId(owner.kind, owner.name)) ?? []
  for (const { metric, labels } of standing) vitals.get(metric)?.remove({ ...labels, ...owner })
}

/** The commit that is verified on a hypervisor, and no other. */
export function setVerified({ verified, hypervisorRevisionInfo }: Metrics, hypervisor: string, commit: string): void {
  hypervisorRevisionInfo.remove({ hypervisor, commit: verified.get(hypervisor) ?? '' })
  verified.set(hypervisor, commit)
  hypervisorRevisionInfo.set({ hypervisor, commit }, 1)
}

/** Deletes all series of a manifest on one hypervisor. */
export function forgetManifest(metrics: Metrics, hypervisor: string, manifest: ManifestId): void {
  const owner = { hypervisor, ...kindAndName(manifest) }
  removeSamples(metrics, owner)
  metrics.known.get(hypervisor)?.delete(manifest)
  const { resourceCondition, driftFields, driftOpenSeconds, driftDetectedTotal, driftCorrectedTotal } = metrics
  for (const type of shownConditions) resourceCondition.remove({ ...owner, type })
  for (const metric of [driftFields, driftOpenSeconds, driftDetectedTotal, driftCorrectedTotal]) metric.remove({ ...owner })
}

/** Deletes all series of a hypervisor, in a time that does not grow with the fleet: thousands leave at once where another replica takes them. */
export function forgetHypervisor(metrics: Metrics, hypervisor: string): void {
  const { known, placed, registry, verified } = metrics
  for (const manifest of new Set([...(known.get(hypervisor)?.keys() ?? []), ...(placed.get(hypervisor) ?? [])]))
    forgetManifest(metrics, hypervisor, manifest)
  for (const [name, first] of hostMetrics) {
    const metric = registry.getSingleMetric(name) as Counter
    const sets = first === undefined ? [{}] : besides[first](metrics, hypervisor)
    for (const labels of sets) metric.remove({ ...labels, hypervisor })
  }
  for (const each of [known, placed, verified]) each.delete(hypervisor)
}

const hostMetrics = Object.entries(controllerMetrics).flatMap(([name, definition]) => {
  const labels: readonly string[] = definition.labels
  const [first] = labels.filter((label) => label !== 'hypervisor')
  const isOfHost = labels.includes('hypervisor') && !labels.includes('kind')
  return isOfHost ? [[exportedName(name), first as keyof typeof besides | undefined] as const] : []
})

/** Labels that name a manifest. */
export function kindAndName(id: string): { readonly kind: string; readonly name: string } {
  const slash = id.indexOf('/')
  return slash === -1 ? { kind: '', name: id } : { kind: id.slice(0, slash), name: id.slice(slash + 1) }
}
