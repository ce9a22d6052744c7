import { primitiveId } from '../../model/ids.ts'
import type { Spec } from '../../model/primitive.ts'
import type { Content } from '../../shell/inspect.ts'
import { isPlainPath } from '../file/spec.ts'

export interface TreeFile {
  readonly content: Content
  /** Octal, four digits. */
  readonly mode: string
  readonly owner: string
}

/** A directory of files that go live together: `path` is a symbolic link to `.reeve-<generation>` beside it, swapped at once. */
export interface TreeSpec extends Spec<'tree'> {
  /** Of the link. Absolute. */
  readonly path: string
  /** By name, without directories. */
  readonly files: Readonly<Record<string, TreeFile>>
  /** Its files say that they are some seconds older than they are: Postfix takes a text file of the last second for one that is still written, and waits (dict_thash.c). */
  readonly looksOlder?: true
}

export type WantedTree = Omit<TreeSpec, 'type' | 'id'>

/** A tree as it shall be. Throws on a path or name that is not plain: kinds check that first. */
export function tree(wanted: WantedTree): TreeSpec {
  if (!isPlainPath(wanted.path)) throw new Error(`not a plain absolute path: ${JSON.stringify(wanted.path)}`)
  for (const name of Object.keys(wanted.files)) {
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}$/.test(name)) throw new Error(`not a file name of a tree: ${JSON.stringify(name)}`)
  }
  return { ...wanted, type: 'tree', id: primitiveId('tree', wanted.path) }
}

/** Files of two manifests in one tree. A name with different content cannot be shared. */
export function mergeTrees(one: TreeSpec, other: TreeSpec): TreeSpec | string {
  const files = { ...one.files }
  for (const [name, wanted] of Object.entries(other.files)) {
    const mine = files[name]
    if (mine && !isSameFile(mine, wanted)) return `both write ${name} in ${one.path}, and differently`
    files[name] = wanted
  }
  return { ...one, files }
}

function isSameFile(one: TreeFile, other: TreeFile): boolean {
  return one.content === other.content && one.mode === other.mode && one.owner === other.owner
}
