import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../model/reason.ts'
import { defaultTreeLimits, siftTree, type TreeEntry, type TreeReading } from './tree.ts'

/** Reads a folder as if it were a commit, by the same rules: for `reeve validate DIR` and `reeve render DIR`, before anything is committed. */
export function readFolder(folder: string, wants: (path: string) => boolean): TreeReading {
  try {
    const sifting = siftTree(entriesIn(folder, ''), wants)
    if (sifting.status === 'failed') return sifting
    const files = sifting.wanted.map(({ path }) => ({ path, bytes: readFileSync(join(folder, path)) }))
    return { status: 'read', tree: { commit: '', files, refused: sifting.refused } }
  } catch (error) {
    if (lstatSync(folder, { throwIfNoEntry: false })?.isFile())
      return { status: 'failed', reason: `${folder} is a file; name the folder that holds the manifests` }
    return { status: 'failed', reason: `${folder} cannot be read: ${reasonOf(error)}` }
  }
}

/** Entries below a folder in git's order of names; hidden ones are passed over, as are pipes, sockets and devices, which no commit holds; nothing is followed. */
function entriesIn(folder: string, parent: string): readonly TreeEntry[] {
  const found: TreeEntry[] = []
  for (const each of readdirSync(join(folder, parent), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (each.name.startsWith('.')) continue
    const path = parent === '' ? each.name : `${parent}/${each.name}`
    if (!each.isDirectory() && !each.isFile() && !each.isSymbolicLink()) continue
    const mode = modeOf(each, join(folder, path))
    if (mode === undefined) found.push(...entriesIn(folder, path))
    else found.push({ mode, object: '', size: mode === '100644' ? lstatSync(join(folder, path)).size : 0, path })
    if (found.length > defaultTreeLimits.entries) break
  }
  return found
}

/** Git's mode of an entry; undefined for a folder to look into. A folder with a `.git` of its own is another repository. */
function modeOf(entry: Dirent, path: string): string | undefined {
  if (entry.isDirectory()) return existsSync(join(path, '.git')) ? '160000' : undefined
  return entry.isFile() ? '100644' : '120000'
}
