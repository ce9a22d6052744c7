import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isReadPath } from '../manifests/tree.ts'
import type { RefusedPath, Tree, TreeFile } from '../model/tree.ts'
import { CommandEnd } from './exit.ts'
import { reasonOf } from './folder.ts'

const largestBytes = 1 << 20

/** A folder of this machine as a tree, by the same rules as a commit's: no symlinks, nothing over 1 MiB. For the commands that work offline. */
export function readDirectory(root: string): Tree {
  const files: TreeFile[] = []
  const refused: RefusedPath[] = []
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !entry.name.startsWith('.')) walk(path)
      else if (isReadPath(path)) take(path, entry.isFile())
    }
  }
  const take = (path: string, isFile: boolean): void => {
    const { size } = lstatSync(join(root, path))
    if (!isFile) refused.push({ path, reason: 'it is no regular file; put the file itself there' })
    else if (size > largestBytes) refused.push({ path, reason: `it has ${size} bytes; ${largestBytes} are allowed` })
    else files.push({ path, bytes: readFileSync(join(root, path)) })
  }
  try {
    walk('')
  } catch (error) {
    throw new CommandEnd(`${root} cannot be read: ${reasonOf(error)}`)
  }
  return { commit: '', files, refused }
}
