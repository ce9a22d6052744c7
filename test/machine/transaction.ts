import type { WantedChange } from '../../controller/model/change.ts'
import type { PrimitiveId } from '../../controller/model/ids.ts'
import type { Known, Observed } from '../../controller/model/observation.ts'
import {
  type AnyPrimitive,
  noPeers,
  phases,
  type Spec,
  type Staged,
  type Step,
  type StepContext,
} from '../../controller/model/primitive.ts'
import type { Script } from '../../controller/shell/sh.ts'
import type { Run } from './shell.ts'

export type Result =
  | { readonly status: 'done'; readonly stdout: string }
  | { readonly status: 'refused' | 'failed'; readonly step: string; readonly stderr: string }

/** What the engine does with the steps of one transaction, in little: phases in order, undo in reverse. */
export async function carryOut(steps: readonly Step[], before: string, run: Run, stopAfter?: string): Promise<Result> {
  const ordered = inPhases(steps)
  const begun: Step[] = []
  let stdout = ''
  await run(`mkdir -p ${before}`)
  for (const step of ordered) {
    if (step.guard) {
      const guarded = await one(step.guard, before, run)
      if (guarded.code !== 0) return undoAll(begun, before, run, { status: 'refused', step: step.title, stderr: guarded.stderr })
    }
    begun.push(step)
    const ran = await one(step.run, before, run)
    stdout += ran.stdout
    if (ran.code !== 0) return undoAll(begun, before, run, { status: 'failed', step: step.title, stderr: ran.stderr })
    const checked = step.check ? await one(step.check, before, run) : ran
    if (checked.code !== 0) return undoAll(begun, before, run, { status: 'failed', step: `check: ${step.title}`, stderr: checked.stderr })
    if (step.title === stopAfter) return { status: 'failed', step: 'stopped', stderr: '' }
  }
  return { status: 'done', stdout }
}

async function undoAll(begun: readonly Step[], before: string, run: Run, result: Result): Promise<Result> {
  await undo(begun, before, run)
  return result
}

/** Runs the undos, last step first, each twice: it must do no harm. */
export async function undo(steps: readonly Step[], before: string, run: Run): Promise<void> {
  for (const step of [...inPhases(steps)].reverse()) {
    if (!step.undo) continue
    for (const _ of [1, 2]) {
      const undone = await one(step.undo, before, run)
      if (undone.code !== 0) throw new Error(`undo of "${step.title}" failed: ${undone.stderr}`)
    }
  }
}

function inPhases(steps: readonly Step[]): readonly Step[] {
  return phases.flatMap((phase) => steps.filter((step) => (step.phase ?? 'change') === phase))
}

function one(script: Script, before: string, run: Run) {
  return run(`REEVE_BEFORE=${before}; export REEVE_BEFORE\n(set -eu\n${script.text}\n) </dev/null`)
}

/** Observes one wanted thing. */
export async function observe(primitive: AnyPrimitive, spec: Spec, run: Run): Promise<Observed<unknown>> {
  const subjects = [{ id: spec.id, spec }]
  const probed = await run(`LC_ALL=C; export LC_ALL\n(set -eu\n${primitive.probe(subjects, 'testfleet').text}\n) </dev/null`)
  if (probed.code !== 0) return { status: 'unknown', reason: probed.stderr }
  return primitive.parse(probed.stdout, subjects).items.get(spec.id) ?? { status: 'unknown', reason: 'not mentioned' }
}

export async function known(primitive: AnyPrimitive, spec: Spec, run: Run): Promise<Known<unknown>> {
  const observed = await observe(primitive, spec, run)
  if (observed.status === 'unknown') throw new Error(`unknown: ${observed.reason}`)
  return observed
}

export function contextOf(more: Partial<StepContext> = {}): StepContext {
  return { fleet: 'testfleet', owners: ['Proxy/edge'], last: undefined, staged: [], observed: () => undefined, peers: noPeers, ...more }
}

export interface Item {
  readonly primitive: AnyPrimitive
  readonly spec: Spec
}

/** The steps of one transaction over several things, as the engine joins them; a service that is the same itself owes a reload. */
export async function stepsFor(items: readonly Item[], run: Run): Promise<readonly Step[]> {
  const planned: { readonly item: Item; readonly state: Known<unknown>; readonly change: WantedChange }[] = []
  const states = new Map<PrimitiveId, Known<unknown>>()
  for (const item of items) {
    const state = await known(item.primitive, item.spec, run)
    states.set(item.spec.id, state)
    const difference = item.primitive.diff(item.spec, state, undefined)
    if (difference.status === 'refused') throw new Error(difference.reasons.join('; '))
    if (difference.status === 'change') planned.push({ item, state, change: difference.change })
    else {
      const loaded = new Set(item.primitive.loads?.(item.spec))
      const moved = planned.map((one) => one.item.spec.id).filter((id) => loaded.has(id))
      if (moved.length > 0 && item.primitive.reload)
        planned.push({ item, state, change: item.primitive.reload(item.spec, state, new Set(moved)) })
    }
  }
  const staged = planned
    .map(({ item }) => item.primitive.staged?.(item.spec, contextOf()))
    .filter((one): one is Staged => one !== undefined)
  const context = contextOf({ staged, observed: (id) => states.get(id) })
  return planned.flatMap(({ item, state, change }) => item.primitive.steps(item.spec, change, state, context))
}
