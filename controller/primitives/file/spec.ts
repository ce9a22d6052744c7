import { primitiveId } from '../../model/ids.ts'
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
