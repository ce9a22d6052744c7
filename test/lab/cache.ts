import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { withLock } from './lock.ts'
import { cacheFolder } from './places.ts'
import type { Progress } from './progress.ts'
import { stateTexts } from './state.ts'

const keptPerKind = 2
// A lab that starts has no state file yet that would name its image.
const startingMs = 3_600_000

/** Hash of all that decides what a build becomes: recipe files and the code that runs them. */
export async function hashOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const file of files.toSorted()) hash.update(`${basename(file)}\0`).update(await readFile(file))
  return hash.digest('hex').slice(0, 16)
}

/**
 * The cache's folder of this kind and hash, built first where it is not there. The build works in a draft that is renamed when it is whole: an
 * interrupted one leaves nothing that looks finished. Of each kind the two used last are kept, and what a lab may still run on.
 */
export async function cachedFolder(
  kind: string,
  hash: string,
  progress: Progress,
  build: (draft: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), `${kind}-${hash}`)
  const buildOnce = async () => {
    if (await isThere(folder)) return
    await removeOld(kind)
    const draft = join(cacheFolder(), `draft-${kind}`)
    await rm(draft, { recursive: true, force: true })
    await mkdir(draft, { recursive: true })
    await build(draft)
    await rename(draft, folder)
    progress(`built ${folder}`)
  }
  if (!(await isThere(folder))) await withLock(join(cacheFolder(), `${kind}.lock`), progress, buildOnce)
  // Its age is the time of its last use: what is used is kept.
  await utimes(folder, new Date(), new Date())
  return folder
}

async function removeOld(kind: string): Promise<void> {
  const inUse = await stateTexts()
  const names = (await readdir(cacheFolder())).filter((name) => new RegExp(`^${kind}-[0-9a-f]{16}$`).test(name))
  const aged = await Promise.all(names.map(async (name) => ({ name, usedMs: (await stat(join(cacheFolder(), name))).mtimeMs })))
  const old = aged.toSorted((a, b) => b.usedMs - a.usedMs).slice(keptPerKind - 1)
  const isFree = ({ name, usedMs }: { readonly name: string; readonly usedMs: number }) =>
    Date.now() - usedMs > startingMs && !inUse.some((text) => text.includes(name))
  for (const { name } of old.filter(isFree)) await rm(join(cacheFolder(), name), { recursive: true, force: true })
}

export function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
