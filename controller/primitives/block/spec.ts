import { keyOf, type PrimitiveId, primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import { isPlainPath } from '../file/spec.ts'

/** Where a block stands: after all else, or before or after the first line that reads just so. */
export type BlockPosition = 'end' | { readonly before: string } | { readonly after: string }

/** Lines of ours in a file that belongs to somebody else, between two lines that name the fleet and the block. All else in the file stays byte for byte. */
export interface BlockSpec extends Spec<'block'> {
  /** Absolute. */
  readonly path: string
  /** Names the block in its file: letters, digits, `_`, `.`, `-`. */
  readonly name: string
  /** Whole lines: empty, or ending in a line feed. */
  readonly content: string
  /** What begins a comment in this format: `#`, `;`, `//`. */
  readonly leader: string
  readonly position: BlockPosition
  /** How the file is made where it is absent; without it, its absence is a refusal. */
  readonly created?: { readonly mode: string; readonly owner: string }
}

export type WantedBlock = Omit<BlockSpec, 'type' | 'id' | 'leader' | 'position'> & Partial<Pick<BlockSpec, 'leader' | 'position'>>

/** Of the content of a block, in bytes. */
export const longestBlock = 65_536
/** Of a file that blocks are put into, in bytes: what is larger is no configuration. */
export const largestFile = 1_048_576

/** A block as it shall be. Throws where it could not be told from its surroundings again: kinds check that first. */
export function block({ leader = '#', position = 'end', ...wanted }: WantedBlock): BlockSpec {
  if (!isPlainPath(wanted.path)) throw new Error(`not a plain absolute path: ${JSON.stringify(wanted.path)}`)
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(wanted.name)) throw new Error(`not a name of a block: ${JSON.stringify(wanted.name)}`)
  if (!/^[!-/:-@[-`{-~]{1,4}$/.test(leader)) throw new Error(`not what a comment begins with: ${JSON.stringify(leader)}`)
  const problem = contentProblem(wanted.content)
  if (problem) throw new Error(`a block of ${wanted.path} ${problem}`)
  if (position !== 'end' && !isLine(anchorOf(position))) throw new Error(`not one line: ${JSON.stringify(position)}`)
  return { ...wanted, leader, position, type: 'block', id: primitiveId('block', `${wanted.path}#${wanted.name}`) }
}

function contentProblem(content: string): string | undefined {
  if (content !== '' && !content.endsWith('\n')) return 'does not end in a line feed'
  if (Buffer.byteLength(content) > longestBlock) return `is longer than ${longestBlock} bytes`
  if (content.includes('\0')) return 'holds a NUL'
  return /(^|\n)\s*\S+\s+(BEGIN|END)\s+reeve\s/.test(content) ? 'holds a line that looks like the beginning or end of a block' : undefined
}

function isLine(text: string): boolean {
  return text !== '' && text.length <= 500 && !/[\0\r\n]/.test(text)
}

/** The line that a position speaks of; empty for the end. */
export function anchorOf(position: BlockPosition): string {
  if (position === 'end') return ''
  return 'before' in position ? position.before : position.after
}

/** The file that a block stands in, from its id. */
export function pathOfBlock(id: PrimitiveId): string {
  const key = keyOf(id)
  return key.slice(0, key.lastIndexOf('#'))
}

/** The name of a block, from its id. */
export function nameOfBlock(id: PrimitiveId): string {
  const key = keyOf(id)
  return key.slice(key.lastIndexOf('#') + 1)
}

/** The block as it stands in its file, for this fleet. */
export function blockText({ leader, name, content }: Pick<BlockSpec, 'leader' | 'name' | 'content'>, fleet: string): string {
  return `${leader} BEGIN reeve ${fleet} ${name}\n${content}${leader} END reeve ${fleet} ${name}\n`
}
