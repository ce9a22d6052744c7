import type { Difference, WantedChange } from '../../controller/model/change.ts'
import type { PrimitiveId } from '../../controller/model/ids.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known, Observed, Parsed } from '../../controller/model/observation.ts'
import { type AnyPrimitive, noPeers, type Spec, type Step, type StepContext } from '../../controller/model/primitive.ts'

/** Runs a script as root on a host, through `sh -s`. */
export type Exec = (script: string) => Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>

export interface TransactionResult {
  readonly status: 'done' | 'refused' | 'failed'
  /** Title of the step that ended it. */
  readonly step?: string
  readonly stderr: string
}

export interface Convergence {
  readonly status: 'converged' | 'refused' | 'unknown' | TransactionResult['status']
  /** Why not. */
  readonly reasons: readonly string[]
  /** `id field,field` of every change that was carried out, in order. */
  readonly changes: readonly string[]
}

export interface TestHost {
  readonly ledger: Map<PrimitiveId, LedgerEntry>
  observe(specs: readonly Spec[], primitives: readonly AnyPrimitive[]): Promise<ReadonlyMap<PrimitiveId, Observed<unknown>>>
  /** Passes of observe, diff, apply until nothing differs; ends at the first refusal before anything is touched. */
  converge(specs: readonly Spec[], primitives: readonly AnyPrimitive[]): Promise<Convergence>
  /** What one spec asks for, as it is observed now; throws where it asks for no change. */
  steps(spec: Spec, primitives: readonly AnyPrimitive[]): Promise<readonly Step[]>
  run(steps: readonly Step[], options?: { readonly cutBefore?: number; readonly thenUndo?: boolean }): Promise<TransactionResult>
  context(observed?: ReadonlyMap<PrimitiveId, Observed<unknown>>, id?: PrimitiveId): StepContext
}

const passes = 4

/** The smallest engine that a primitive can be tried with: no locks, no journal, no brakes; steps run as DESIGN says, in subshells under `set -eu`. */
export function createTestHost(exec: Exec, fleet: string, owner: string): TestHost {
  const ledger = new Map<PrimitiveId, LedgerEntry>()
  const host: TestHost = {
    ledger,
    context: (observed, id) => ({
      fleet,
      owners: [owner],
      last: id && ledger.get(id),
      staged: [],
      observed: (other) => known(observed?.get(other)),
      peers: noPeers,
    }),
    observe: (specs, primitives) => observe(exec, fleet, specs, primitives),
    steps: async (spec, primitives) => {
      const planned = plan(host, spec, primitives, await host.observe([spec], primitives))
      if (planned.difference?.status !== 'change') throw new Error(`${spec.id} does not change: ${JSON.stringify(planned.difference)}`)
      return planned.steps()
    },
    run: (steps, options) => runTransaction(exec, steps, options),
    converge: async (specs, primitives) => {
      const changes: string[] = []
      for (let pass = 0; pass < passes; pass++) {
        const result = await onePass(host, specs, primitives, changes)
        if (result !== undefined) return { ...result, changes }
      }
      return { status: 'failed', reasons: [`still differs after ${passes} passes`], changes }
    },
  }
  return host
}

type PassResult = Omit<Convergence, 'changes'> | undefined

async function onePass(
  host: TestHost,
  specs: readonly Spec[],
  primitives: readonly AnyPrimitive[],
  changes: string[],
): Promise<PassResult> {
  const observed = await host.observe(specs, primitives)
  const all = specs.map((spec) => plan(host, spec, primitives, observed))
  const refused = all.flatMap(({ difference }) => (difference?.status === 'refused' ? difference.reasons : []))
  if (refused.length > 0) return { status: 'refused', reasons: refused }
  const unknown = all.flatMap(({ reason }) => reason ?? [])
  const planned = all.flatMap(({ spec, difference, steps }) =>
    difference?.status === 'change' ? [{ spec, change: difference.change, steps }] : [],
  )
  if (planned.length === 0) return unknown.length > 0 ? { status: 'unknown', reasons: unknown } : converged(host, specs)
  for (const { spec, change, steps } of planned) {
    const result = await host.run(steps())
    if (result.status !== 'done') return { status: result.status, reasons: [`${result.step}: ${result.stderr.trim()}`] }
    changes.push(describeChange(spec, change))
    host.ledger.set(spec.id, entryOf(spec))
  }
  return undefined
}

function converged(host: TestHost, specs: readonly Spec[]): PassResult {
  const isNew = specs.some(({ id }) => !host.ledger.has(id))
  for (const spec of specs) host.ledger.set(spec.id, entryOf(spec))
  // What was taken over because it is equal is looked at once more: its mark is set now.
  return isNew ? undefined : { status: 'converged', reasons: [] }
}

function plan(host: TestHost, spec: Spec, primitives: readonly AnyPrimitive[], observed: ReadonlyMap<PrimitiveId, Observed<unknown>>) {
  const primitive = primitiveOf(spec, primitives)
  const state = observed.get(spec.id) ?? { status: 'unknown', reason: 'not mentioned' }
  if (state.status === 'unknown') return { spec, reason: `${spec.id}: ${state.reason}`, steps: () => [] }
  const difference: Difference = primitive.diff(spec, state, host.ledger.get(spec.id))
  const steps = () =>
    difference.status === 'change' ? primitive.steps(spec, difference.change, state, host.context(observed, spec.id)) : []
  return { spec, difference, steps }
}

function describeChange(spec: Spec, change: WantedChange): string {
  return `${spec.id} ${change.fields.map(({ field }) => field).join()}`
}

export function entryOf(spec: Spec, previous?: string): LedgerEntry {
  const rest = { owners: [], files: [], fields: {}, deletionPolicy: spec.deletionPolicy ?? 'Retain', state: 'done', commit: '' } as const
  return { target: 'he1', id: spec.id, ...rest, ...(previous === undefined ? {} : { previous }) }
}

async function observe(exec: Exec, fleet: string, specs: readonly Spec[], primitives: readonly AnyPrimitive[]) {
  const items = new Map<PrimitiveId, Observed<unknown>>()
  for (const primitive of primitives) {
    const subjects = specs.filter(({ type }) => type === primitive.type).map((spec) => ({ id: spec.id, spec }))
    const { code, stdout, stderr } = await exec(`set -eu\n${primitive.probe(subjects, fleet).text}`)
    if (code !== 0) throw new Error(`the probe of ${primitive.type} ended with ${code}: ${stderr}`)
    const parsed: Parsed<unknown> = primitive.parse(stdout, subjects)
    for (const [id, state] of parsed.items) items.set(id, state)
  }
  return items
}

function primitiveOf(spec: Spec, primitives: readonly AnyPrimitive[]): AnyPrimitive {
  const primitive = primitives.find(({ type }) => type === spec.type)
  if (primitive === undefined) throw new Error(`no primitive for ${spec.type}`)
  return primitive
}

function known(observed: Observed<unknown> | undefined): Known<unknown> | undefined {
  return observed?.status === 'unknown' ? undefined : observed
}

async function runTransaction(
  exec: Exec,
  steps: readonly Step[],
  options: { cutBefore?: number; thenUndo?: boolean } = {},
): Promise<TransactionResult> {
  const { stdout, stderr } = await exec(transactionScript(steps, options))
  const [, word, index] = /^(done|refused|failed) ?(\d*)$/m.exec(stdout) ?? []
  if (word === undefined) throw new Error(`the transaction did not end: ${stdout} ${stderr}`)
  const step = steps[Number(index)]?.title
  return { status: word as TransactionResult['status'], stderr, ...(step === undefined ? {} : { step }) }
}

/** `cutBefore`: stops dead before the check of that step, as a power cut would, having run it; `thenUndo`: recovery then undoes all. */
function transactionScript(steps: readonly Step[], { cutBefore, thenUndo }: { cutBefore?: number; thenUndo?: boolean }): string {
  const inSubshell = (text: string | undefined) => `(\nset -eu\n${text ?? ':'}\n) </dev/null >/dev/null\nstatus=$?`
  const undo = (upTo: number) =>
    steps
      .slice(0, upTo)
      .toReversed()
      .map((step) => inSubshell(step.undo?.text))
      .join('\n')
  const end = (word: string, index: number, undone: number) => `if [ $status != 0 ]; then\n${undo(undone)}\necho ${word} ${index}\nexit\nfi`
  const body = steps.map((step, index) => [
    inSubshell(step.guard?.text),
    end('refused', index, index),
    inSubshell(step.run.text),
    index === cutBefore ? `${thenUndo ? undo(index + 1) : ''}\necho failed ${index}\nexit` : end('failed', index, index + 1),
    inSubshell(step.check?.text),
    end('failed', index, index + 1),
  ])
  return ['REEVE_BEFORE=$(mktemp -d)', 'export REEVE_BEFORE', ...body.flat(), 'echo done', ''].join('\n')
}
