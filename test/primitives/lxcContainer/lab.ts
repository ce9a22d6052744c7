import { isDeepStrictEqual } from 'node:util'
import type { WantedChange } from '../../../controller/model/change.ts'
import type { LedgerEntry } from '../../../controller/model/ledger.ts'
import type { Observed } from '../../../controller/model/observation.ts'
import { noPeers, type Step, type StepContext } from '../../../controller/model/primitive.ts'
import { diff } from '../../../controller/primitives/lxcContainer/diff.ts'
import { parse } from '../../../controller/primitives/lxcContainer/parse.ts'
import { probe } from '../../../controller/primitives/lxcContainer/probe.ts'
import type { LxcContainerSpec, LxcContainerState } from '../../../controller/primitives/lxcContainer/spec.ts'
import { steps } from '../../../controller/primitives/lxcContainer/steps.ts'
import type { Script } from '../../../controller/shell/sh.ts'
import type { LabHost } from '../../lab/machine.ts'

/** What an apply came to. */
export interface Applied {
  readonly impact: string
  readonly failed?: { readonly step: string; readonly stderr: string }
}

export const context: StepContext = {
  fleet: 'lab',
  owners: ['Container/web'],
  last: undefined,
  staged: [],
  observed: () => undefined,
  peers: noPeers,
}

const longMs = 400_000

/** Observes one container as the engine does. */
export async function observe(host: LabHost, spec: LxcContainerSpec): Promise<Observed<LxcContainerState>> {
  const subjects = [{ id: spec.id, spec }]
  const { stdout, stderr, code } = await runScript(host, probe())
  if (code !== 0) return { status: 'unknown', reason: stderr }
  return parse(stdout, subjects).items.get(spec.id) ?? { status: 'unknown', reason: 'not mentioned' }
}

/** Observe, compare, carry out; then observe again, and throw unless nothing is left to do. */
export async function converge(host: LabHost, spec: LxcContainerSpec): Promise<Applied> {
  const applied = await applyOnce(host, spec)
  if (applied.failed !== undefined) throw new Error(`${applied.failed.step}: ${applied.failed.stderr}`)
  const left = diff(spec, known(await observe(host, spec)), undefined)
  if (!isDeepStrictEqual(left, { status: 'same' })) throw new Error(`still differs: ${JSON.stringify(left)}`)
  return applied
}

export async function applyOnce(host: LabHost, spec: LxcContainerSpec): Promise<Applied> {
  const change = await wanted(host, spec)
  if (change === undefined) return { impact: 'same' }
  const failed = await runSteps(host, await plannedSteps(host, spec))
  return { impact: change.impact, ...(failed === undefined ? {} : { failed }) }
}

export async function wanted(host: LabHost, spec: LxcContainerSpec): Promise<WantedChange | undefined> {
  const difference = diff(spec, known(await observe(host, spec)), undefined)
  if (difference.status === 'refused') throw new Error(difference.reasons.join('; '))
  return difference.status === 'same' ? undefined : difference.change
}

export async function plannedSteps(host: LabHost, spec: LxcContainerSpec): Promise<readonly Step[]> {
  const observed = known(await observe(host, spec))
  const difference = diff(spec, observed, undefined)
  if (difference.status !== 'change') throw new Error(`nothing to do: ${JSON.stringify(difference)}`)
  return steps(spec, difference.change, observed, context)
}

export function ledgerEntry(spec: LxcContainerSpec): LedgerEntry {
  return {
    target: 'he1',
    id: spec.id,
    owners: ['Container/web'],
    files: ['web.yaml'],
    fields: {},
    deletionPolicy: 'Retain',
    state: 'done',
    commit: 'c0ffee',
  }
}

/** Guard, run and check of each step in a subshell of its own; the first failure undoes this step and those before it. */
export async function runSteps(host: LabHost, planned: readonly Step[]): Promise<Applied['failed']> {
  await host.must('rm -rf /run/lab-before; mkdir -m 0700 /run/lab-before')
  for (const [index, step] of planned.entries()) {
    const stderr = await runStep(host, step)
    if (stderr === undefined) continue
    for (const done of planned.slice(0, index + 1).reverse()) await undoStep(host, done)
    return { step: step.title, stderr }
  }
  return undefined
}

async function runStep(host: LabHost, step: Step): Promise<string | undefined> {
  for (const script of [step.guard, step.run, step.check]) {
    if (script === undefined) continue
    const { code, stderr } = await runScript(host, script)
    if (code !== 0) return `${stderr} (exit ${code})`
  }
  return undefined
}

export async function undoStep(host: LabHost, step: Step): Promise<void> {
  if (step.undo === undefined) return
  const { code, stderr } = await runScript(host, step.undo)
  if (code !== 0) throw new Error(`undo of ${step.title}: ${stderr}`)
}

/** The way the apply script runs a step: from a file, `set -eu`, stdin closed. */
export function runScript(host: LabHost, script: Script) {
  const text = `set -eu\nexport REEVE_BEFORE=/run/lab-before LC_ALL=C\n(\n${script.text}\n) </dev/null`
  return host.exec('f=$(mktemp); cat >"$f"; sh "$f"; rc=$?; rm -f "$f"; exit $rc', { stdin: text, timeoutMs: longMs })
}

export function known(observed: Observed<LxcContainerState>) {
  if (observed.status === 'unknown') throw new Error(`unknown: ${observed.reason}`)
  return observed
}

/** Begins to create it, and kills that outright after so many seconds; then undoes what was done, as a recovery does. */
export async function createCutOff(host: LabHost, spec: LxcContainerSpec, seconds: number): Promise<void> {
  const planned = await plannedSteps(host, spec)
  const text = planned.map((step) => `(\n${step.run.text}\n) </dev/null`).join('\n')
  await host.must('mkdir -p /run/lab-before; cat >/run/lab-create.sh', {
    stdin: `set -eu\nexport REEVE_BEFORE=/run/lab-before\n${text}\n`,
  })
  await host.must(
    `setsid sh -c 'echo $$ >/run/lab-pid; exec sh /run/lab-create.sh' </dev/null >/run/lab-out 2>&1 & sleep ${seconds}; kill -9 -- -$(cat /run/lab-pid) || :`,
  )
  for (const step of [...planned].reverse()) await undoStep(host, step)
}
