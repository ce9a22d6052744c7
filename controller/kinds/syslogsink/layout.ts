import type { Parsing } from '../../model/quantity.ts'

/** A piece of a path: text that the manifest gives, or a property of the message. */
export type Piece = { readonly text: string } | { readonly token: Token }

export const tokens = ['fromip', 'hostname', 'program', 'facility', 'date'] as const
export type Token = (typeof tokens)[number]

/** The path of a message's file below the sink's directory, or why it is none. */
export function readLayout(layout: string): Parsing<readonly Piece[]> {
  const parts = layout.split(/(\{[^{}]*\})/).filter((part) => part !== '')
  const unknown = parts.find((part) => part.startsWith('{') && !tokens.some((token) => part === `{${token}}`))
  if (unknown !== undefined) return wrong(`unknown token ${unknown}; tokens are ${tokens.map((token) => `{${token}}`).join(' ')}`)
  if (parts.some((part) => /[{}]/.test(part.replace(/^\{.*\}$/, '')))) return wrong(`a brace of ${layout} stands alone`)
  const names = layout.split('/')
  if (names.some((name) => name === '..' || name === '.')) return wrong(`layout may not contain "${names.includes('..') ? '..' : '.'}"`)
  if (names.includes('')) return wrong(`layout is a file below directory: no "/" at its ends, and no two of them together`)
  if (names.some((name) => name.startsWith('.'))) return wrong(`${layout} has a hidden name: Reeve keeps its own notes in such a one`)
  // x.log.1 must not look like a log: it would be rotated again and again.
  if (!/\.[a-z]{1,8}$/.test(layout)) return wrong(`layout must end in text such as .log, by which logrotate tells a log from an old one`)
  return { ok: true, value: parts.map((part) => (part.startsWith('{') ? { token: part.slice(1, -1) as Token } : { text: part })) }
}

function wrong(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}

/** All files that a layout can make, as a pattern of glob(7). */
export function globOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => ('text' in piece ? piece.text : '*')).join('')
}
