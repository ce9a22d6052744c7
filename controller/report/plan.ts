import { createTwoFilesPatch } from 'diff'
import type { Cycle } from '../engine/cycle.ts'
import type { Progress } from '../engine/run.ts'
import type { FieldChange } from '../model/change.ts'
import { keyOf, typeOf } from '../model/ids.ts'
import { type Plan, type PlannedChange, passingBrakes, type Withheld } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'
import type { Paint } from './paint.ts'
import { visible } from './visible.ts'

/** The plan as people read it: what will be done and why, as unified diffs; then what will not, and what to do about it. */
export function renderPlan(plan: Plan, paint: Paint): string {
  const sections = [
    ...plan.transactions.map((transaction, index) => renderTransaction(transaction.changes, transaction.isJob, index, paint)),
    ...plan.withheld.map((withheld) => renderWithheld(withheld, paint)),
    ...plan.refused.map(
      (refusal) =>
        `${paint.red('refused')} ${name(refusal.id)} on ${targetKey(refusal.target)} (${ownersOf(refusal)})\n${refusal.reasons.map((reason) => `    ${visible(reason)}\n`).join('')}`,
    ),
    ...plan.orphans.map(
      (orphan) =>
        `${paint.yellow('orphan')} ${name(orphan.id)} on ${orphan.target}, once of ${ownersOf(orphan)}\n    ${visible(orphan.because)}\n`,
    ),
    ...plan.unknown.map(
      (unknown) => `${paint.yellow('unknown')} ${name(unknown.id)} on ${targetKey(unknown.target)}\n    ${visible(unknown.reason)}\n`,
    ),
  ]
  return `${[...sections, summaryLine(plan)].join('\n')}\n`
}

/** What a cycle is doing, as lines for who waits for it on a terminal. */
export function doingLines(event: Progress, paint: Paint): readonly string[] {
  const ids = (changes: readonly PlannedChange[]): string => visible(changes.map((change) => change.id).join(', '))
  switch (event.type) {
    case 'planned':
      return [summaryLine(event.plan)]
    case 'awaitingVerdict':
      return [paint.dim(`  confirming ${ids(event.changes)} …`)]
    case 'applied':
      return event.applied.map(({ outcome, transaction }) => `  ${outcome.status} ${ids(transaction.changes)}`)
    default:
      return event satisfies never
  }
}

/** One line: `he1: 3 to create, 1 to update, 2 withheld`. */
export function summaryLine(plan: Plan): string {
  const changes = plan.transactions.flatMap((transaction) => transaction.changes)
  const count = (action: PlannedChange['action']): number => changes.filter((change) => change.action === action).length
  const withheld = plan.withheld.flatMap((one) => one.changes).length
  const parts = [
    [count('create'), 'to create'],
    [count('update'), 'to update'],
    [count('delete'), 'to remove'],
    [withheld, 'withheld'],
    [plan.refused.length, 'refused'],
    [plan.orphans.length, 'orphaned'],
    [plan.unknown.length, 'unknown'],
    [plan.records.length, 'to record in the ledger'],
  ].flatMap(([number, what]) => (number === 0 ? [] : [`${number} ${what}`]))
  return `${plan.hypervisor}: ${parts.length === 0 ? 'nothing to do' : parts.join(', ')}`
}

function renderTransaction(changes: readonly PlannedChange[], isJob: boolean, index: number, paint: Paint): string {
  const target = changes[0] ? targetKey(changes[0].target) : ''
  const head = paint.bold(
    `${index + 1}. on ${target}${changes.length > 1 ? ', together or not at all' : ''}${isJob ? ', as a job of its own' : ''}`,
  )
  return `${head}\n${changes.map((change) => renderChange(change, paint)).join('')}`
}

function renderWithheld(withheld: Withheld, paint: Paint): string {
  const advice = withheld.approval === undefined ? '' : `    to let it through: reeve approve ${withheld.approval}\n`
  return `${paint.yellow(passingBrakes.includes(withheld.brake) ? 'waiting' : 'withheld')} ${visible(withheld.because)}\n${withheld.changes.map((change) => renderChange(change, paint)).join('')}${advice}`
}

function renderChange(change: PlannedChange, paint: Paint): string {
  const verb = { create: paint.green('create'), update: paint.yellow('update'), delete: paint.red('remove') }[change.action]
  const head = `  ${verb} ${name(change.id)}  ${paint.dim(`[impact: ${change.impact}] [${reason(change)}] ${ownersOf(change)}`)}\n`
  return head + change.fields.map((field) => renderField(field, paint)).join('')
}

function reason(change: PlannedChange): string {
  if (change.fields.length === 0) return 'what it loads changed'
  const causes = new Set(change.fields.map((field) => field.cause))
  if (causes.has('peer')) return causes.size > 1 ? 'a peer, and what is here, moved' : 'a peer moved'
  if (causes.size > 1) return 'Git and the host moved'
  return causes.has('drift') ? 'drift: the host moved' : change.action === 'create' ? 'new in Git' : 'Git moved'
}

function renderField(change: FieldChange, paint: Paint): string {
  const field = visible(change.field)
  const before = change.before === undefined ? undefined : visible(change.before)
  const after = change.after === undefined ? undefined : visible(change.after)
  if (isLong(before) || isLong(after)) return unifiedDiff(field, before ?? '', after ?? '', paint)
  if (before === undefined) return `      ${field}: ${paint.green(after ?? '')}\n`
  return `      ${field}: ${paint.red(before)} → ${after === undefined ? paint.dim('(gone)') : paint.green(after)}\n`
}

function isLong(text: string | undefined): boolean {
  return text?.includes('\n') ?? false
}

/** A unified diff (POSIX diff -u) without its file header, indented; very long ones are cut. */
function unifiedDiff(field: string, before: string, after: string, paint: Paint): string {
  const lines = createTwoFilesPatch('', '', before, after, '', '', { context: 2 })
    .split('\n')
    .slice(4)
    .filter((line) => line !== '')
  const shown = lines.slice(0, 60).map((line) => `      ${colour(line, paint)}\n`)
  const rest = lines.length > 60 ? `      … ${lines.length - 60} more lines\n` : ''
  return `      ${paint.dim(`${field}:`)}\n${shown.join('')}${rest}`
}

function colour(line: string, paint: Paint): string {
  if (line.startsWith('+')) return paint.green(line)
  if (line.startsWith('-')) return paint.red(line)
  return line.startsWith('@@') ? paint.dim(line) : line
}

/** What a host's ledger says of something that Git has no more. */
function ownersOf({ owners }: { readonly owners: readonly string[] }): string {
  return visible(owners.join(', '))
}

function name(id: string): string {
  return visible(`${typeOf(id as never)} ${keyOf(id as never)}`)
}

/** The plan as `-o json` prints it: a stable contract, version 1. */
export function planJson(cycle: Cycle): object {
  const { plan } = cycle
  return {
    version: 1,
    hypervisor: plan.hypervisor,
    commit: plan.commit,
    plan: plan.id,
    status: cycle.status,
    message: cycle.message,
    busy: cycle.busy ?? null,
    transactions: plan.transactions.map(({ changes, steps, isJob }) => ({
      changes: changes.map(changeJson),
      steps: steps.map((step) => step.title),
      isJob,
    })),
    withheld: plan.withheld.map(({ brake, because, approval, changes }) => ({
      brake,
      because,
      approval,
      changes: changes.map(changeJson),
    })),
    refused: plan.refused.map(({ target, id, owners, reasons }) => ({ target: targetKey(target), id, owners, reasons })),
    orphans: plan.orphans,
    unknown: plan.unknown.map(({ target, id, owners, reason: because }) => ({ target: targetKey(target), id, owners, because })),
  }
}

function changeJson({ target, id, action, impact, fields, owners }: PlannedChange): object {
  return { target: targetKey(target), id, action, impact, fields, owners }
}
