import type { TreeFile } from '../model/tree.ts'
import type { Mirror } from './mirror.ts'
import { GitFlood, GitTimeout } from './run.ts'
import { defaultTreeLimits, oddPath, parseBatch, parseTree, siftTree, type TreeEntry, type TreeReading } from './tree.ts'
import { beginningOf } from './words.ts'

/** Who made a commit, and what he said. */
export interface CommitInfo {
  readonly commit: string
  readonly author: string
  readonly email: string
  /** Author's time, seconds since the epoch. */
  readonly atSeconds: number
  readonly subject: string
}

/** Reading from commits that were brought over. Paths are from the repository's root, with `/`. */
export interface GitReader {
  /** The wanted files of a commit in the configured folder (`wants` gets the path from that folder), and files of the root named in `also`. */
  readTree(commit: string, wants: (path: string) => boolean, also?: readonly string[]): Promise<TreeReading>
  /** One file at one commit; undefined where it is not there, no regular file, or too large. */
  readFile(commit: string, path: string): Promise<Uint8Array | undefined>
  /** Paths of the configured folder, from that folder. */
  paths(commit: string): Promise<readonly string[]>
  /** Commits that changed a file (or, with `.`, anything), newest first, from `from` back to `to`, then `to` itself; at most 200. Empty where `to` is unknown or no ancestor: it may come from a host. Without `to`: to the beginning. */
  history(path: string, from: string, to: string | undefined): Promise<readonly string[]>
  /** Whether `ancestor` is `commit` or an ancestor of it; false where either is unknown. */
  isAncestor(ancestor: string, commit: string): Promise<boolean>
  commitInfo(commit: string): Promise<CommitInfo>
  /** Paths that differ between two commits. */
  changedFiles(one: string, other: string): Promise<readonly string[]>
}

const longestHistory = 200

export function createReader(mirror: Mirror, folder: string): GitReader {
  const healing = createHealing(mirror)
  const list = createLister(mirror)
  const blobs = createBlobs(mirror)
  const isAncestor = async (ancestor: string, commit: string): Promise<boolean> =>
    isCommit(ancestor) && isAncestorOf(mirror, ancestor, checked(commit))
  return {
    readTree: (commit, wants, also = []) =>
      healing(commit, () => readTree({ mirror, list, blobs }, commit, folder, wants, also)).catch((error: unknown) => ({
        status: 'failed',
        reason: reasonOf(error),
      })),
    readFile: async (commit, path) =>
      oddPath(path) === undefined ? healing(commit, () => readFile(mirror, checked(commit), path)) : undefined,
    paths: (commit) => healing(commit, async () => (await list(commit, folder)).map((entry) => fromFolder(entry.path, folder))),
    history: async (path, from, to) =>
      path === '.' || oddPath(path) === undefined ? history(mirror, path, checked(from), to, isAncestor) : [],
    isAncestor,
    commitInfo: (commit) => commitInfo(mirror, checked(commit)),
    changedFiles: async (one, other) =>
      (await mirror.git(['diff', '--name-only', '--no-renames', '--no-ext-diff', '-z', checked(one), checked(other)]))
        .split('\0')
        .filter((path) => path !== ''),
  }
}

/** Runs a reading; where the copy's own head cannot be read, the copy is broken: it is made anew, once per head, and the reading repeated. */
function createHealing(mirror: Mirror): <T>(commit: string, read: () => Promise<T>) => Promise<T> {
  let healedFor = ''
  return async (commit, read) => {
    try {
      return await read()
    } catch (error) {
      if (healedFor === commit || error instanceof GitFlood || error instanceof GitTimeout) throw error
      healedFor = commit
      await mirror.rebuild()
      return await read()
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text)
}

function checked(commit: string): string {
  if (!isCommit(commit)) throw new Error(`not a commit: ${JSON.stringify(commit.slice(0, 80))}`)
  return commit
}

type Lister = (commit: string, path: string) => Promise<readonly TreeEntry[]>

/** A new commit is listed to see whether it is empty, and again to be read: the last list is kept, since a commit never changes. */
function createLister(mirror: Mirror): Lister {
  let last: { readonly key: string; readonly entries: readonly TreeEntry[] } | undefined
  return async (commit, path) => {
    const key = `${checked(commit)} ${path}`
    if (last?.key === key) return last.entries
    const below = path === '.' ? [] : ['--', path]
    const entries = parseTree(await mirror.git(['ls-tree', '-r', '-l', '-z', '--full-tree', commit, ...below]))
    // What is too long to be read is not worth its memory either.
    if (entries.length <= defaultTreeLimits.entries) last = { key, entries }
    return entries
  }
}

function fromFolder(path: string, folder: string): string {
  return folder === '.' || !path.startsWith(`${folder}/`) ? path : path.slice(folder.length + 1)
}

/** Reads contents; those of the tree that was read last are known by their names. */
interface Blobs {
  read(entries: readonly TreeEntry[]): Promise<readonly TreeFile[]>
}

function createBlobs(mirror: Mirror): Blobs {
  let known: ReadonlyMap<string, Uint8Array> = new Map()
  return {
    async read(entries) {
      const before = known
      const fresh = entries.filter(({ object }) => !before.has(object))
      const read = fresh.length === 0 ? [] : parseBatch(await mirror.objects(fresh.map(({ object }) => object)), fresh)
      const all = new Map([...before, ...read.map(({ object = '', bytes }) => [object, bytes] as const)])
      const files = entries.map(({ object, path }) => ({ path, object, bytes: bytesOf(object, all) }))
      known = new Map(files.map(({ object, bytes }) => [object, bytes]))
      return files
    },
  }
}

function bytesOf(object: string, all: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const bytes = all.get(object)
  if (bytes === undefined) throw new Error(`git did not give the object ${object}`)
  return bytes
}

async function readTree(
  { mirror, list, blobs }: { readonly mirror: Mirror; readonly list: Lister; readonly blobs: Blobs },
  commit: string,
  folder: string,
  wants: (path: string) => boolean,
  also: readonly string[],
): Promise<TreeReading> {
  const entries = await list(commit, folder)
  const extra = folder === '.' || also.length === 0 ? [] : await rootFiles(mirror, commit, also)
  const isAlso = (path: string): boolean => also.includes(path)
  const sifting = siftTree([...entries, ...extra], (path) => isAlso(path) || wants(fromFolder(path, folder)))
  if (sifting.status === 'failed') return sifting
  const { wanted, refused } = sifting
  return { status: 'read', tree: { commit, files: await blobs.read(wanted), refused } }
}

async function rootFiles(mirror: Mirror, commit: string, names: readonly string[]): Promise<readonly TreeEntry[]> {
  return parseTree(await mirror.git(['ls-tree', '-l', '-z', '--full-tree', commit, '--', ...names]))
}

async function readFile(mirror: Mirror, commit: string, path: string): Promise<Uint8Array | undefined> {
  const entry = parseTree(await mirror.git(['ls-tree', '-l', '-z', '--full-tree', commit, '--', path])).find((each) => each.path === path)
  if (entry === undefined || !entry.mode.startsWith('100') || entry.size > defaultTreeLimits.fileBytes) return undefined
  return parseBatch(await mirror.objects([entry.object]), [entry])[0]?.bytes
}

async function isAncestorOf(mirror: Mirror, ancestor: string, commit: string): Promise<boolean> {
  if (ancestor === commit) return true
  // merge-base prints nothing, and says nothing, where there is no common ancestor; an unknown commit is an error: both mean no.
  return mirror.git(['merge-base', ancestor, commit]).then(
    (base) => base.trim() === ancestor,
    () => false,
  )
}

async function history(
  mirror: Mirror,
  path: string,
  from: string,
  to: string | undefined,
  isAncestor: (ancestor: string, commit: string) => Promise<boolean>,
): Promise<readonly string[]> {
  if (to !== undefined && !(await isAncestor(to, from))) return []
  const range = to === undefined ? from : `${to}..${from}`
  const output = await mirror.git(['log', '--format=%H', `--max-count=${longestHistory}`, range, '--', path])
  const commits = output.split('\n').filter((line) => line !== '')
  return to === undefined ? commits : [...commits, to]
}

async function commitInfo(mirror: Mirror, commit: string): Promise<CommitInfo> {
  const output = await mirror.git(['log', '-1', '--no-show-signature', '--format=%an%x00%ae%x00%at%x00%s', commit])
  const [author = '', email = '', at = '', subject = ''] = output.replace(/\n$/, '').split('\0')
  return { commit, author: beginningOf(author), email: beginningOf(email), atSeconds: Number(at), subject: beginningOf(subject) }
}
