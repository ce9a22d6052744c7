import { createTwoFilesPatch } from 'diff'
import type { FieldDifference } from '../model/change.ts'
import type { PlannedChange } from '../model/plan.ts'
import { targetKey } from '../model/target.ts'
import { visible } from './visible.ts'

/** Where a difference is cut, for a mail or a terminal. */
export interface DiffBounds {
  readonly maxLines: number
  readonly maxColumns: number
}

const longestCompared = 200_000

/** One changed thing as people read it: one line for each short field, a unified diff for each long one. From found to wanted. */
export function describeChange(change: PlannedChange, bounds: DiffBounds): string {
  const head = `${change.action} ${change.id} on ${targetKey(change.target)}`
  const fields = change.fields.map((field) => describeField(change.id, field))
  return bound([head, ...fields].join('\n'), bounds)
}

function describeField(id: string, { field, before, after }: FieldDifference): string {
  if (!isLong(before) && !isLong(after)) return `  ${field}: ${short(before)} -> ${short(after)}`
  return unifiedDiff(`${id} ${field} found`, before, `${id} ${field} wanted`, after)
}

/** A unified diff (POSIX diff -u) with three lines of context; an absent side is empty. */
export function unifiedDiff(fromName: string, from: string | undefined, toName: string, to: string | undefined): string {
  if ((from ?? '').length + (to ?? '').length > longestCompared)
    return `  too long to compare: ${(from ?? '').length} -> ${(to ?? '').length} characters`
  const patch = createTwoFilesPatch(fromName, toName, from ?? '', to ?? '', undefined, undefined, { context: 3 })
  return patch.replace(/^=+\n/, '').trimEnd()
}

function isLong(value: string | undefined): boolean {
  return value !== undefined && (value.includes('\n') || value.length > 60)
}

function short(value: string | undefined): string {
  return value === undefined ? '(absent)' : JSON.stringify(value)
}

/** The text within bounds; what was cut is counted. Control characters are shown, so that no host writes on a terminal. */
export function bound(text: string, { maxLines, maxColumns }: DiffBounds): string {
  const lines = text.split('\n')
  const kept = lines.slice(0, maxLines).map((line) => boundLine(shown(line), maxColumns))
  const cut = lines.length - kept.length
  return [...kept, ...(cut > 0 ? [`[${cut} more lines]`] : [])].join('\n')
}

function boundLine(line: string, maxColumns: number): string {
  const rest = line.length - maxColumns
  return rest > 0 ? `${line.slice(0, maxColumns)} [${rest} more]` : line
}

/** Control characters as mails and logs show them, and what turns the direction of writing as everywhere. */
function shown(line: string): string {
  return visible(
    line.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`),
  )
}
