import { createHash } from 'node:crypto'
import type { HypervisorName, ManifestId } from '../model/ids.ts'
import type { Desired, OwnedVital, Reading } from '../model/kind.ts'
import type { DesiredState, PlannedChange } from '../model/plan.ts'
import type { AnyPrimitive } from '../model/primitive.ts'
import { type Target, targetKey } from '../model/target.ts'
import type { Cycle } from './cycle.ts'
import { hashFields } from './ledger.ts'
import { vitalKey } from './observe.ts'
import { isFailure } from './suspects.ts'

/** One placement of a manifest whose placements change one after the other. */
export interface Stage {
  readonly manifest: ManifestId
  readonly target: Target
  /** Hash of all that the manifest asks for there: what was seen of a stage holds as long as this does. */
  readonly wanted: string
}

/** Stages of each manifest that has several, in their order. */
export type Rollouts = ReadonlyMap<ManifestId, readonly Stage[]>

/** Where a manifest stands whose kind wants one placement to change after the other. */
interface RolledOut {
  readonly placed: readonly { readonly manifest: ManifestId; readonly target: Target }[]
}

/** The stages of each. */
export function rolloutsOf(
  slow: readonly RolledOut[],
  itemsOn: (hypervisor: HypervisorName) => readonly Desired[],
  primitives: ReadonlyMap<string, AnyPrimitive>,
  fleet: string,
): Rollouts {
  return new Map(
    slow.flatMap(({ placed }) => {
      const [{ manifest } = {}] = placed
      if (manifest === undefined) return []
      const places = [...new Map(placed.map(({ target }) => [targetKey(target), target])).values()]
      const own = (target: Target): readonly Desired[] => itemsOn(target.hypervisor).filter((item) => item.owners.includes(manifest))
      return [[manifest, places.map((target) => stageOf(manifest, target, own(target), primitives, fleet))] as const]
    }),
  )
}

function stageOf(
  manifest: ManifestId,
  target: Target,
  own: readonly Desired[],
  primitives: ReadonlyMap<string, AnyPrimitive>,
  fleet: string,
): Stage {
  const here = own.filter((item) => targetKey(item.target) === targetKey(target))
  const facts = here.map(({ spec }) => [spec.id, hashFields(primitives.get(spec.type)?.fields(spec) ?? {}, fleet)])
  return { manifest, target, wanted: createHash('sha256').update(JSON.stringify(facts)).digest('hex') }
}

/** Why a stage is not done after a cycle of its hypervisor; undefined where it is as Git says, and Healthy. `readings`: of all paces, none older than its last change. */
export function undoneBecause(
  stage: Stage,
  cycle: Cycle,
  desired: DesiredState,
  readings: ReadonlyMap<string, Reading>,
): string | undefined {
  return unconverged(stage, cycle) ?? unhealthy(vitalsOf(stage, desired), readings)
}

function unconverged({ manifest, target }: Stage, { applied, plan, inProgress }: Cycle): string | undefined {
  const isMine = (one: { readonly owners: readonly string[]; readonly target: Target }): boolean =>
    one.owners.includes(manifest) && targetKey(one.target) === targetKey(target)
  const failed = applied.find((one) => isFailure(one) && one.transaction.changes.some(isMine))
  if (failed) return `the change of ${failed.transaction.changes[0]?.id ?? 'it'} failed there`
  const open = [...plan.transactions, ...plan.withheld]
    .flatMap(({ changes }) => changes)
    .find((change) => isMine(change) && isPending(change))
  if (open) return `${open.id} is not yet as Git says`
  const refused = plan.refused.find(isMine)
  if (refused) return `${refused.id} is refused there`
  const unknown = plan.unknown.find(isMine)
  if (unknown) return `${unknown.id} is unknown there: ${unknown.reason}`
  const made = inProgress.find((key) => key.startsWith(`${targetKey(target)} `))
  if (made !== undefined) return `${made} is being made`
  return undefined
}

/** Git moved it, or it is new. */
function isPending({ fields }: PlannedChange): boolean {
  return fields.some(({ cause }) => cause === 'pending')
}

function unhealthy(vitals: readonly OwnedVital[], readings: ReadonlyMap<string, Reading>): string | undefined {
  for (const vital of vitals) {
    const reading = readings.get(vitalKey(vital))
    if (reading === undefined) return 'its health was not asked since it changed'
    const { healthy, message } = vital.assess(reading)
    if (healthy !== true) return message
  }
  return undefined
}

/** The vitals that speak of a stage. */
export function vitalsOf({ manifest, target }: Stage, desired: DesiredState): readonly OwnedVital[] {
  return desired.vitals.filter((vital) => vital.owner === manifest && targetKey(vital.target) === targetKey(target))
}

/** Something of the stage was changed in this cycle. */
export function hasChanged({ manifest, target }: Stage, { applied, finishedJobs }: Cycle): boolean {
  const place = targetKey(target)
  if (finishedJobs.some(({ items }) => items.some((key) => key.startsWith(`${place} `)))) return true
  return applied.some(
    ({ transaction, isHeldBack }) =>
      !isHeldBack && transaction.changes.some((change) => change.owners.includes(manifest) && targetKey(change.target) === place),
  )
}
