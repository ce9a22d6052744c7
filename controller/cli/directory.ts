import { readFolder } from '../git/folder.ts'
import { isReadPath } from '../manifests/tree.ts'
import type { Tree } from '../model/tree.ts'
import { CommandEnd } from './exit.ts'

/** A folder of this machine as a tree, by the same rules as a commit's; ends the command where it cannot be read. For the commands that work offline. */
export function readDirectory(root: string): Tree {
  const reading = readFolder(root, isReadPath)
  if (reading.status === 'failed') throw new CommandEnd(reading.reason)
  return reading.tree
}
