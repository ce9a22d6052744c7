import { randomBytes } from 'node:crypto'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import type { HypervisorName, ManifestId } from '../../controller/model/ids.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import type { AnyPrimitive, Spec, Step } from '../../controller/model/primitive.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import { joinScripts, type Script, sh } from '../../controller/shell/sh.ts'
import type { Place } from './sample.ts'

export const hypervisor = 'he1' as HypervisorName
export const fleet = 'conform'

export function desired(specs: readonly Spec[]): DesiredState {
  const items = specs.map((spec) => ({
    target: { hypervisor },
    spec: { ...spec, restarts: 'Always' as const },
    owners: ['Kind/one' as ManifestId],
  }))
  return { hypervisor, fleet, commit: 'c1', vitals: [], items }
}

/** The real engine, with every real primitive but one in its place. */
export function depsOf({ host }: Place, instead?: AnyPrimitive): ReconcileDeps {
  const all = primitives.map((one) => (one.type === instead?.type ? instead : one))
  return {
    host,
    memory: emptyMemory(),
    primitives: new Map(all.map((primitive) => [primitive.type, primitive])),
    random: () => randomBytes(16).toString('hex'),
    observeTimeoutMs: 120_000,
    maxReplyBytes: 1 << 24,
    policy: { approvals: new Set(), isWindowOpen: () => true, suspendedBecause: () => undefined },
    sourceFile: () => 'one.yaml',
    removalOf: () => ({ status: 'removed' }),
    now: () => Date.now() / 1000,
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    epoch: 1,
    // Dozens of volumes and groups in one apply, on an emulated machine that has not its core for itself.
    applyTimeoutMs: 1_500_000,
    confirmTimeoutMs: 10_000,
    controller: 'a test',
  }
}

export function primitiveOf(type: string): AnyPrimitive {
  const found = primitives.find((primitive) => primitive.type === type)
  if (found === undefined) throw new Error(`no primitive ${type} is registered`)
  return found
}

/** How a transaction is made to fail at one of its steps. `never`: before its run · `after`: after it · `twice`: after it, and every undo runs two times. */
export type Failure = 'never' | 'after' | 'twice'

/** The primitive with a failure at the step in this position of all its steps; tells how many there are. */
export function failing(primitive: AnyPrimitive, at: number, how: Failure, count: (steps: number) => void): AnyPrimitive {
  return {
    ...primitive,
    steps(spec, change, observed, context) {
      const steps = primitive.steps(spec, change, observed, context)
      count(steps.length)
      return steps.map((step, index) => spoiled(how === 'twice' ? undoneTwice(step) : step, index === at ? how : undefined))
    },
  }
}

const injected = sh`echo 'injected failure' >&2; false`

function spoiled(step: Step, how: Failure | undefined): Step {
  if (how === undefined) return step
  return how === 'never' ? { ...step, run: injected } : { ...step, check: injected }
}

function undoneTwice(step: Step): Step {
  return step.undo === undefined ? step : { ...step, undo: joinScripts([inSubshell(step.undo), inSubshell(step.undo)]) }
}

function inSubshell(script: Script): Script {
  return { text: `(\n${script.text}\n)` }
}
