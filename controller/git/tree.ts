import type { RefusedPath, Tree, TreeFile } from '../model/tree.ts'

/** How much of a commit is read. */
export interface TreeLimits {
  readonly fileBytes: number
  readonly totalBytes: number
  readonly entries: number
}

export const defaultTreeLimits: TreeLimits = { fileBytes: 2 << 20, totalBytes: 64 << 20, entries: 50_000 }

/** One line of `git ls-tree -r -l -z`. */
export interface TreeEntry {
  readonly mode: string
  readonly object: string
  /** Bytes; 0 for a submodule. */
  readonly size: number
  readonly path: string
}

/** Entries to read and those refused by name, or why the tree as a whole cannot be read. */
export type Sifting =
  | { readonly status: 'sifted'; readonly wanted: readonly TreeEntry[]; readonly refused: readonly RefusedPath[] }
  | { readonly status: 'failed'; readonly reason: string }

/** Reads the output of `git ls-tree -r -l -z`. Throws on a surprise. */
export function parseTree(output: string): readonly TreeEntry[] {
  return output
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const match = /^(\d{6}) (?:blob|commit|tree) ([0-9a-f]{40,64}) +(\d+|-)\t([\s\S]+)$/.exec(line)
      if (match === null) throw new Error(`git ls-tree printed a line that is none of its own: ${JSON.stringify(line.slice(0, 100))}`)
      const [, mode = '', object = '', size = '', path = ''] = match
      return { mode, object, size: size === '-' ? 0 : Number(size), path }
    })
}

/** Tells what of a tree is read. Hidden files (a name or folder that begins with a dot) are nobody's. */
export function siftTree(entries: readonly TreeEntry[], wants: (path: string) => boolean, limits: TreeLimits = defaultTreeLimits): Sifting {
  if (entries.length > limits.entries)
    return { status: 'failed', reason: `the tree holds ${entries.length} files; ${limits.entries} are allowed` }
  const times = Map.groupBy(entries, (entry) => entry.path)
  const wanted: TreeEntry[] = []
  const refused: RefusedPath[] = []
  for (const entry of entries) {
    const reason = refusal(entry, wants(entry.path), (times.get(entry.path)?.length ?? 0) > 1, limits)
    if (reason !== undefined) refused.push({ path: entry.path, reason })
    else if (wants(entry.path) && isRegular(entry)) wanted.push(entry)
  }
  const bytes = wanted.reduce((sum, entry) => sum + entry.size, 0)
  if (bytes > limits.totalBytes)
    return { status: 'failed', reason: `the manifests have ${bytes} bytes together; ${limits.totalBytes} are allowed` }
  return { status: 'sifted', wanted, refused }
}

function isRegular({ mode }: TreeEntry): boolean {
  return mode === '100644' || mode === '100755' || mode === '100664'
}

function refusal({ mode, path, size }: TreeEntry, isWanted: boolean, isTwice: boolean, limits: TreeLimits): string | undefined {
  const odd = oddPath(path)
  if (odd !== undefined) return `the path ${odd}; rename it`
  if (isTwice) return 'the tree names this path twice; the commit was not made by git'
  if (/(^|\/)\./.test(path)) return undefined
  if (mode === '160000') return 'this is a submodule; nothing in it is read: put the manifests into this repository'
  if (mode === '120000') return 'this is a symbolic link; it is not followed: put the file itself here'
  if (isWanted && size > limits.fileBytes) return `the file has ${size} bytes; ${limits.fileBytes} are allowed: split it into several files`
  return undefined
}

/** Why a path is not one that a person would write; undefined for a plain one. */
export function oddPath(path: string): string | undefined {
  if (path.length > 500) return 'is longer than 500 characters'
  if (/[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(path)) return 'holds control characters'
  if (path.includes('\ufffd')) return 'is not UTF-8'
  if (path.includes('\\')) return 'holds a backslash'
  const part = path.split('/').find((each) => each === '' || each === '.' || each === '..' || each.toLowerCase() === '.git')
  return part === undefined ? undefined : `holds ${JSON.stringify(part)}`
}

/** Takes the blobs out of the output of `git cat-file --batch`, in the order asked. Throws where it is not what was asked for. */
export function parseBatch(output: Uint8Array, entries: readonly TreeEntry[]): readonly TreeFile[] {
  const buffer = Buffer.from(output.buffer, output.byteOffset, output.byteLength)
  let offset = 0
  return entries.map(({ object, path, size }) => {
    const end = buffer.indexOf(10, offset)
    const header = buffer.toString('latin1', offset, end)
    if (end === -1 || header !== `${object} blob ${size}`)
      throw new Error(`git cat-file answered ${JSON.stringify(header.slice(0, 100))} for ${path}`)
    const bytes = buffer.subarray(end + 1, end + 1 + size)
    if (bytes.length !== size) throw new Error(`git cat-file broke off in ${path}`)
    offset = end + 1 + size + 1
    return { path, bytes, object }
  })
}

/** What reading a tree came to. `failed`: it was not read whole, so it proves nothing. */
export type TreeReading = { readonly status: 'read'; readonly tree: Tree } | { readonly status: 'failed'; readonly reason: string }
