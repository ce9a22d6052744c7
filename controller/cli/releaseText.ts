import type { SweepWord } from '../engine/apply/sweep.ts'
import type { Cycle } from '../engine/cycle.ts'
import { targetKey } from '../model/target.ts'
import type { Paint } from '../report/paint.ts'
import { planJson } from '../report/plan.ts'
import { visible } from '../report/visible.ts'

/** What the sweep of a host said. */
export interface Swept {
  /** Where copies were moved to that a person may want. */
  readonly kept: readonly string[]
  /** Paths and tables whose names still hold the word. */
  readonly named: readonly string[]
  /** What could not be swept. */
  readonly left: readonly string[]
  readonly refused?: string
}

/** How a release stands. */
export interface Released {
  /** `refused`: nothing was planned · `planned`: shown only · `failed`: it stopped on its way, and goes on when asked again. */
  readonly status: 'refused' | 'planned' | 'released' | 'failed'
  readonly hypervisor: string
  readonly message: string
  readonly cycle?: Cycle
  readonly swept?: Swept
}

/** Reads what sweepMessage printed. Lines that it does not know, and a sweep without its last word, are told as its failure. */
export function readSweep(said: string): Swept {
  const lines = said.split('\n').map((line) => line.trim())
  const of = (word: SweepWord): readonly string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => visible(line.slice(word.length + 1)))
  const known = /^(kept|named|left|refused) |^(swept)?$/
  const strange = lines.filter((line) => !known.test(line)).map(visible)
  const refused = of('refused')[0] ?? (lines.includes('swept') ? undefined : strange.join('; ') || 'the sweep was cut off; ask again')
  return { kept: of('kept'), named: of('named'), left: of('left'), ...(refused === undefined ? {} : { refused }) }
}

/** What will be done, before anybody is asked. */
export function releasePlanText({ plan }: Cycle, paint: Paint): string {
  const steps = plan.transactions.map(
    ({ target, steps }) => `  ${paint.bold(targetKey(target))}: ${steps.map((step) => visible(step.title)).join(`\n      then ${''}`)}\n`,
  )
  const kept = plan.forgotten.length === 0 ? '' : `  ${plan.forgotten.length} more stay as they are: they carry no mark\n`
  return `${plan.hypervisor}: everything stays and runs on; this is taken away:
${steps.join('')}${kept}  then all of /var/lib/reeve and /run/reeve; what lies in /var/lib/reeve/retired is moved to /var/backups
`
}

/** The end of it. */
export function releaseText({ status, hypervisor, message, cycle, swept }: Released, paint: Paint): string {
  const head = `${hypervisor}: ${status === 'released' ? paint.green(status) : paint.yellow(status)}${message === '' ? '' : `: ${visible(message)}`}\n`
  const unknown =
    cycle?.plan.unknown.map(({ target, id, reason }) => `  unknown ${visible(id)} on ${targetKey(target)}: ${visible(reason)}\n`) ?? []
  const failed = (cycle?.applied ?? []).flatMap(({ transaction, outcome }) =>
    outcome.status === 'failed' || outcome.status === 'refused'
      ? [
          `  ${outcome.status} ${transaction.changes.map(({ id }) => visible(id)).join(', ')}: ${visible(outcome.status === 'failed' ? outcome.stderr : outcome.because)}\n`,
        ]
      : [],
  )
  return head + [...(status === 'refused' ? unknown : []), ...(status === 'failed' ? failed : []), ...sweptLines(swept, status)].join('')
}

function sweptLines(swept: Swept | undefined, status: Released['status']): readonly string[] {
  if (swept === undefined) return []
  const rest =
    status === 'released'
      ? ['  its login and its key stay: take them away when nobody needs them\n', '  now remove its manifests from the repository\n']
      : []
  return [
    ...swept.kept.map((one) => `  files as they were before Reeve: ${one}\n`),
    ...swept.left.map((one) => `  left: ${one}\n`),
    ...(swept.named.length === 0
      ? []
      : [`  in use under a name of Reeve's, yours to rename:\n${swept.named.map((one) => `    ${one}\n`).join('')}`]),
    ...rest,
  ]
}

/** As `-o json` prints it: a stable contract, version 1. */
export function releaseJson({ status, hypervisor, message, cycle, swept }: Released): object {
  return { version: 1, hypervisor, status, message, plan: cycle ? planJson(cycle) : null, swept: swept ?? null }
}
