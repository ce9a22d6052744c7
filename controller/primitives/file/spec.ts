import { primitiveId } from '../../model/ids.ts'
import type { Mark } from '../../model/observation.ts'
import type { Spec } from '../../model/primitive.ts'
import type { Content } from '../../shell/inspect.ts'

/** A regular file: its bytes, mode and owner. */
export interface FileSpec extends Spec<'file'> {
  /** Absolute. */
  readonly path: string
  readonly content: Content
  /** Octal, four digits: `0644`. */
  readonly mode: string
  /** `root:root`, names or numbers. */
  readonly owner: string
  /** Words of a command that fails where the file is bad; the path of what is staged is added to them. */
  readonly check?: readonly string[]
}

export type WantedFile = Omit<FileSpec, 'type' | 'id'>

/** A file as it shall be. Throws where the path is not absolute and plain: kinds check that first. */
export function file(wanted: WantedFile): FileSpec {
  if (!isPlainPath(wanted.path)) throw new Error(`not a plain absolute path: ${JSON.stringify(wanted.path)}`)
  return { ...wanted, type: 'file', id: primitiveId('file', wanted.path) }
}

/** Absolute, without `.`, `..`, doubled or trailing slashes, and without control characters. */
export function isPlainPath(path: string): boolean {
  if (/[\0-\x1f\x7f]/.test(path) || path.length > 4000) return false
  return /^(\/[^/]+)+$/.test(path) && !/\/\.{1,2}(\/|$)/.test(path)
}

/** The first line of a file whose format has comments that begin with `#`: whose it is, so that a lost ledger can be made again. */
export function markLine(fleet: string, owner: string): string {
  return `# Managed by Reeve, fleet ${fleet}, ${owner}\n`
}

/** The line of `markLine` as an expression of sed(1), whoever of this fleet it names. */
export function markExpression(fleet: string): string {
  return `# Managed by Reeve, fleet ${fleet}, .*`
}

/** The mark in the first lines of a content. */
export function markIn(content: Uint8Array | undefined): Mark | undefined {
  const head = Buffer.from(content?.subarray(0, 1000) ?? []).toString()
  const [, fleet, owner] = /^# Managed by Reeve, fleet ([a-z0-9-]{1,63}), (\S.{0,200})$/m.exec(head) ?? []
  return fleet === undefined || owner === undefined ? undefined : { fleet, owner }
}
