import { createHash } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder, hashOf } from './cache.ts'
import { makeRoot, type RootRecipe, writeOwnSources } from './debian.ts'
import { recipeFolder } from './places.ts'
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

/** The image of the recipe as it is now, built first where the cache does not have it. */
export async function ensureImage(progress: Progress): Promise<Image> {
  const hash = await recipeHash()
  const folder = await cachedFolder('image', hash, progress, (draft) => build(draft, progress))
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

/** Covers the recipe's files and the code that runs them. */
export async function recipeHash(): Promise<string> {
  const names = (await readdir(recipeFolder())).filter((name) => !name.startsWith('native.'))
  return hashOf([...names.map((name) => join(recipeFolder(), name)), join(import.meta.dirname, 'debian.ts'), import.meta.filename])
}

async function build(draft: string, progress: Progress): Promise<void> {
  await ensureInstalled(toBuild, progress)
  progress('building the image, once for this recipe (about two minutes)')
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
