import type { Progress } from '../engine/run.ts'
import type { FieldChange } from '../model/change.ts'
import type { Noticed } from '../model/event.ts'
import type { PlannedChange } from '../model/plan.ts'
import { itemOf } from './mails.ts'
import { noticedFor } from './noticed.ts'
import { bound } from './unified.ts'

/** A log line: stable fields for machines, a sentence for people. */
export interface ProgressLine {
  readonly level: 'info' | 'warn'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

const shortest = { maxLines: 1, maxColumns: 80 }

/** What a cycle is about to do or has done, as log lines. Drift is named field by field; long texts are left to the mail and its diff. */
export function progressLines(hypervisor: string, event: Progress, noticed?: readonly Noticed[]): readonly ProgressLine[] {
  switch (event.type) {
    case 'planned':
      return [...driftLines(hypervisor, event.drift, noticed), ...planLine(event)]
    case 'awaitingVerdict':
      return [
        {
          level: 'info',
          fields: { component: 'apply', hypervisor, items: event.changes.map(itemOf) },
          message: `${hypervisor}: probing before ${listed(event.changes)} is confirmed; without an answer the host undoes it`,
        },
      ]
    case 'applied':
      return event.applied.map(({ transaction, outcome }) => ({
        level: outcome.status === 'failed' || outcome.status === 'refused' ? 'warn' : 'info',
        fields: { component: 'apply', hypervisor, outcome: outcome.status, items: transaction.changes.map(itemOf) },
        message: `${hypervisor}: ${outcome.status} ${listed(transaction.changes)}`,
      }))
    default:
      return event satisfies never
  }
}

/** One line for each thing that moved on the host. */
export function driftLines(hypervisor: string, changes: readonly PlannedChange[], noticed?: readonly Noticed[]): readonly ProgressLine[] {
  return changes.flatMap((change) => {
    const drifted = change.fields.filter((field) => field.cause === 'drift')
    if (drifted.length === 0) return []
    const told = noticedFor([change], noticed)
    const fields = {
      component: 'drift',
      hypervisor,
      owner: change.owners[0] ?? '',
      item: itemOf(change),
      drift: drifted.map(shortened),
      ...(told.length === 0 ? {} : { noticed: told }),
    }
    const how = told.length === 0 ? '' : `; noticed: ${told.join(', ')}`
    return [
      { level: 'warn', fields, message: `${hypervisor}: drift of ${itemOf(change)}: ${drifted.map(sentence).join('; ')}${how}` } as const,
    ]
  })
}

function planLine({ plan, pass }: Extract<Progress, { type: 'planned' }>): readonly ProgressLine[] {
  const changes = plan.transactions.flatMap((transaction) => transaction.changes)
  if (changes.length === 0) return []
  return [
    {
      level: 'info',
      fields: { component: 'plan', hypervisor: plan.hypervisor, commit: plan.commit, plan: plan.id, pass, items: changes.map(itemOf) },
      message: `${plan.hypervisor}: pass ${pass}: ${listed(changes)}`,
    },
  ]
}

function listed(changes: readonly PlannedChange[]): string {
  return changes.map((change) => `${change.action} ${itemOf(change)}`).join(', ')
}

function shortened({ field, before, after }: FieldChange): { readonly field: string; readonly wanted: string; readonly found: string } {
  return { field, wanted: short(after), found: short(before) }
}

function sentence({ field, before, after }: FieldChange): string {
  if (isLong(before) || isLong(after)) return `${field} differs`
  return `${field} is ${short(before)}, wanted ${short(after)}`
}

function isLong(text: string | undefined): boolean {
  return text !== undefined && (text.includes('\n') || text.length > shortest.maxColumns)
}

function short(text: string | undefined): string {
  return text === undefined ? 'absent' : bound(text, shortest).split('\n', 1)[0] || 'empty'
}
