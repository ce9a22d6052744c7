import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readDirectory } from '../../controller/cli/directory.ts'
import { readRules } from '../../controller/cli/rules.ts'
import { type Compiled, compileFleet } from '../../controller/engine/compile.ts'
import { loadTree } from '../../controller/manifests/tree.ts'
import type { Fleet } from '../../controller/model/fleet.ts'
import type { ManifestId } from '../../controller/model/ids.ts'
import type { OwnedVital } from '../../controller/model/kind.ts'
import type { Metrics } from '../../controller/report/metrics.ts'
import { recordConditions, recordOpenDrift } from '../../controller/report/record.ts'
import { setSamples } from '../../controller/report/series.ts'
import { readingOf } from './readings.ts'

const root = join(import.meta.dirname, '../..')

export interface Example {
  readonly fleet: Fleet
  readonly compiled: Compiled
}

/** The example fleet as the controller compiles it; `more`: with what it has not. */
export function exampleFleet({ more }: { readonly more: boolean }): Example {
  const rules = readRules('offline')
  const tree = readDirectory(join(root, 'manifests-example'))
  const extra = { path: 'more.yaml', bytes: readFileSync(join(import.meta.dirname, 'more.yaml')) }
  const load = loadTree(more ? { ...tree, files: [...tree.files, extra] } : tree, rules)
  if (load.diagnostics.length > 0) throw new Error(JSON.stringify(load.diagnostics))
  return { fleet: load.fleet, compiled: compileFleet(load.fleet, rules.allKinds, rules.primitives) }
}

/** Conditions that a manifest begins with, where all is as Git says. */
const well = (['Ready', 'Healthy', 'Stalled', 'Suspended'] as const).map((type) => ({
  type,
  status: type === 'Ready' || type === 'Healthy',
  reason: 'Converged',
  message: '',
  sinceSeconds: 0,
}))

/** Where each manifest is placed, and what was measured of it there. */
export async function recordFleet(metrics: Metrics, example: Example, nowSeconds: number): Promise<void> {
  for (const [hypervisor, state] of example.compiled.states) {
    const placed = placedOn(example, hypervisor)
    await recordOpenDrift(metrics, hypervisor, placed, [], nowSeconds)
    for (const id of placed) await recordConditions(metrics, id, hypervisor, { conditions: well })
    await recordVitals(metrics, example, hypervisor, state.vitals, () => true)
  }
}

export function placedOn({ compiled }: Example, hypervisor: string): ReadonlySet<ManifestId> {
  return new Set(compiled.placed.filter(({ target }) => target.hypervisor === hypervisor).map(({ manifest }) => manifest))
}

/** All vitals of all manifests, through their own parsers. */
export async function recordAllVitals(metrics: Metrics, example: Example, isWell: (vital: OwnedVital) => boolean): Promise<void> {
  for (const [hypervisor, { vitals }] of example.compiled.states) await recordVitals(metrics, example, hypervisor, vitals, isWell)
}

async function recordVitals(
  metrics: Metrics,
  { fleet }: Example,
  hypervisor: string,
  vitals: readonly OwnedVital[],
  isWell: (vital: OwnedVital) => boolean,
): Promise<void> {
  for (const [owner, own] of Map.groupBy(vitals, (vital) => vital.owner)) {
    const samples = own.flatMap((vital) => {
      const stdout = readingOf(vital, fleet, isWell(vital))
      return vital.assess({ status: 'read', stdout, reason: '' }).samples
    })
    const [kind = '', name = ''] = owner.split('/')
    setSamples(metrics, { hypervisor, kind, name }, samples)
  }
}
