import { createHash } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeRoot, type RootRecipe, writeOwnSources } from './debian.ts'
import { withLock } from './lock.ts'
import { cacheFolder, recipeFolder } from './places.ts'
import { runOrThrow } from './process.ts'
import type { Progress } from './progress.ts'
import { ensureInstalled, toBuild } from './requirements.ts'

/** The archive of a Debian root with nginx, as the hypervisors have it. */
export interface ContainerArchive {
  /** Where it is on every hypervisor. */
  readonly pathOnHypervisor: string
  /** The same file here. */
  readonly file: string
  readonly sha256: string
}

/** A built image: all that a hypervisor starts from. The files never change. */
export interface Image {
  readonly hash: string
  readonly folder: string
  readonly kernelFile: string
  readonly initrdFile: string
  readonly diskFile: string
  readonly containerArchive: ContainerArchive
}

const hypervisor: RootRecipe = { name: 'hypervisor', essentialHooks: ['initramfs.sh'], customizeHooks: ['host.sh', 'hypervisor.sh'] }
const container: RootRecipe = { name: 'container', essentialHooks: [], customizeHooks: ['container.sh'] }

// zstd: the emulated machine unpacks it several times faster than gzip and far faster than xz (README.md has figures).
const archiveName = 'debian-12-nginx.tar.zst'
const templateFolder = '/var/lib/reeve-templates'
const keptImages = 2

/** The image of the recipe as it is now, built first where the cache does not have it. */
export async function ensureImage(progress: Progress): Promise<Image> {
  const hash = await recipeHash()
  const folder = join(cacheFolder(), `image-${hash}`)
  if (!(await isThere(folder))) await withLock(join(cacheFolder(), 'build.lock'), progress, () => buildUnlessThere(folder, progress))
  // Its age is the time of its last use: pruning keeps what is used.
  await utimes(folder, new Date(), new Date())
  return readImage(hash, folder)
}

async function readImage(hash: string, folder: string): Promise<Image> {
  const sha256 = (await readFile(join(folder, `${archiveName}.sha256`), 'utf8')).slice(0, 64)
  return {
    hash,
    folder,
    kernelFile: join(folder, 'vmlinuz'),
    initrdFile: join(folder, 'initrd'),
    diskFile: join(folder, 'system.qcow2'),
    containerArchive: { pathOnHypervisor: `${templateFolder}/${archiveName}`, file: join(folder, archiveName), sha256 },
  }
}

/** Hash of all that decides what the image becomes: the recipe's files and the code that runs them. */
export async function recipeHash(): Promise<string> {
  const names = (await readdir(recipeFolder())).toSorted()
  const files = [...names.map((name) => join(recipeFolder(), name)), join(import.meta.dirname, 'debian.ts'), import.meta.filename]
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file.slice(import.meta.dirname.length)}\0`).update(await readFile(file))
  return hash.digest('hex').slice(0, 16)
}

async function buildUnlessThere(folder: string, progress: Progress): Promise<void> {
  if (await isThere(folder)) return
  await ensureInstalled(toBuild, progress)
  if (process.getuid?.() !== 0) throw new Error('the image can only be built by root: sudo npm run lab -- build')
  await removeOldImages(folder)
  const draft = join(cacheFolder(), 'draft')
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  progress('building the image, once for this recipe (about two minutes)')
  await build(draft, progress)
  await rename(draft, folder)
  progress(`image ready in ${folder}`)
}

async function build(draft: string, progress: Progress): Promise<void> {
  const root = join(draft, 'root')
  const sources = await writeOwnSources(draft)
  await Promise.all([makeRoot(hypervisor, root, sources, progress), buildArchive(draft, sources, progress)])
  const templates = join(root, templateFolder)
  await mkdir(templates, { recursive: true })
  for (const name of [archiveName, `${archiveName}.sha256`]) await copyFile(join(draft, name), join(templates, name))
  await takeBootFiles(root, draft)
  progress('writing the disk')
  await writeDisk(root, draft)
  await rm(root, { recursive: true })
}

async function buildArchive(draft: string, sources: readonly string[], progress: Progress): Promise<void> {
  const tar = join(draft, 'container.tar')
  await makeRoot(container, tar, sources, progress)
  await runOrThrow('zstd', ['-q', '-19', '-T2', '--rm', tar, '-o', join(draft, archiveName)])
  const sha256 = createHash('sha256')
    .update(await readFile(join(draft, archiveName)))
    .digest('hex')
  await writeFile(join(draft, `${archiveName}.sha256`), `${sha256}  ${archiveName}\n`)
}

async function takeBootFiles(root: string, draft: string): Promise<void> {
  const names = await readdir(join(root, 'boot'))
  for (const [start, name] of [
    ['vmlinuz-', 'vmlinuz'],
    ['initrd.img-', 'initrd'],
  ] as const) {
    const found = names.find((candidate) => candidate.startsWith(start))
    if (!found) throw new Error(`the image has no /boot/${start}*; did linux-image-amd64 install?`)
    await copyFile(join(root, 'boot', found), join(draft, name))
  }
}

async function writeDisk(root: string, draft: string): Promise<void> {
  const raw = join(draft, 'system.raw')
  await runOrThrow('mke2fs', ['-q', '-t', 'ext4', '-L', 'lab-system', '-d', root, raw, '6G'])
  await runOrThrow('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, join(draft, 'system.qcow2')])
  await rm(raw)
}

/** Removes all but the newest images; what an interrupted build left is never named `image-`. */
async function removeOldImages(coming: string): Promise<void> {
  const names = (await readdir(cacheFolder())).filter((name) => name.startsWith('image-'))
  const folders = names.map((name) => join(cacheFolder(), name)).filter((folder) => folder !== coming)
  const aged = await Promise.all(folders.map(async (folder) => ({ folder, usedMs: (await stat(folder)).mtimeMs })))
  const old = aged.toSorted((a, b) => b.usedMs - a.usedMs).slice(keptImages - 1)
  for (const { folder } of old) await rm(folder, { recursive: true, force: true })
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
