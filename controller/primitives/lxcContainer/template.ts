import { createHash } from 'node:crypto'
import type { Template } from './spec.ts'

/** A template in one line: for the ledger and for people. */
export function templateText(template: Template): string {
  if (template.type === 'debootstrap') return `debootstrap ${JSON.stringify({ ...template, type: undefined })}`
  if (template.type === 'script') return `script ${template.name} ${template.args.join(' ')}`.trim()
  return `${template.sha256} ${template.path}`
}

/** What a root was made from, in 16 hexadecimal digits: an archive is its content, wherever it lies. */
export function templateMark(template: Template): string {
  const isArchive = template.type === undefined || template.type === 'archive'
  const digest = isArchive ? template.sha256 : createHash('sha256').update(templateText(template)).digest('hex')
  return digest.slice(0, 16)
}
