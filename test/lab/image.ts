import { createHash } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cachedFolder, hashOf } from './cache.ts'
import { makeRoot, type RootRecipe, writeOwnSources } from './debian.ts'
import { recipeFolder } from './places.ts'
import { runOrThrow } from './process.ts'
import type { Progress } from './progress.ts'
import { ensureInstalled, toBuild } from './requirements.ts'

/** An archive of a Debian root for containers, as the hypervisors have it. */
export interface ContainerArchive {
  /** Where it is on every hypervisor. */
  readonly pathOnHypervisor: string
  /** The same file here. */
  readonly file: string
  readonly sha256: string
}

/** What the lab's containers are made of. */
export interface Archives {
  /** With nginx: small, so that a container is soon made. */
  readonly containerArchive: ContainerArchive
  /** With Postfix, BIND and rsyslog besides. */
  readonly servicesArchive: ContainerArchive
}

/** A built image: all that a hypervisor starts from. The files never change. */
export interface Image extends Archives {
  readonly hash: string
  readonly folder: string
  readonly kernelFile: string
  readonly initrdFile: string
  readonly diskFile: string
}

const hypervisor: RootRecipe = { lists: ['hypervisor'], essentialHooks: ['initramfs.sh'], customizeHooks: ['host.sh', 'hypervisor.sh'] }
const container: RootRecipe = { lists: ['container'], essentialHooks: [], customizeHooks: ['container.sh'] }
const services: RootRecipe = { lists: ['services'], essentialHooks: [], customizeHooks: ['container.sh', 'services.sh'] }

// zstd: the emulated machine unpacks it several times faster than gzip and far faster than xz (README.md has figures).
const archiveNames = { container: 'debian-12-nginx.tar.zst', services: 'debian-12-services.tar.zst' } as const
const templateFolder = '/var/lib/reeve-templates'

/** The image of the recipe as it is now, built first where the cache does not have it. */
export async function ensureImage(progress: Progress): Promise<Image> {
  const hash = await recipeHash()
  const folder = await cachedFolder('image', hash, progress, (draft) => build(draft, progress))
  return readImage(hash, folder)
}

async function readImage(hash: string, folder: string): Promise<Image> {
  return {
    hash,
    folder,
    kernelFile: join(folder, 'vmlinuz'),
    initrdFile: join(folder, 'initrd'),
    diskFile: join(folder, 'system.qcow2'),
    containerArchive: await readArchive(folder, archiveNames.container),
    servicesArchive: await readArchive(folder, archiveNames.services),
  }
}

async function readArchive(folder: string, name: string): Promise<ContainerArchive> {
  const sha256 = (await readFile(join(folder, `${name}.sha256`), 'utf8')).slice(0, 64)
  return { pathOnHypervisor: `${templateFolder}/${name}`, file: join(folder, name), sha256 }
}

/** Covers the recipe's files and the code that runs them. */
export async function recipeHash(): Promise<string> {
  const names = (await readdir(recipeFolder())).filter((name) => !/^(native|peers)\./.test(name))
  return hashOf([...names.map((name) => join(recipeFolder(), name)), join(import.meta.dirname, 'debian.ts'), import.meta.filename])
}

async function build(draft: string, progress: Progress): Promise<void> {
  await ensureInstalled(toBuild, progress)
  progress('building the image, once for this recipe (about three minutes)')
  const root = join(draft, 'root')
  const sources = await writeOwnSources(draft)
  await Promise.all([makeRoot(hypervisor, root, sources, progress), buildArchives(draft, sources, progress)])
  const templates = join(root, templateFolder)
  await mkdir(templates, { recursive: true })
  for (const name of Object.values(archiveNames).flatMap((archive) => [archive, `${archive}.sha256`]))
    await copyFile(join(draft, name), join(templates, name))
  await takeBootFiles(root, draft)
  progress('writing the disk')
  await writeDisk(root, draft)
  await rm(root, { recursive: true })
}

async function buildArchives(draft: string, sources: readonly string[], progress: Progress): Promise<void> {
  await buildArchive(container, join(draft, archiveNames.container), sources, progress)
  await buildArchive(services, join(draft, archiveNames.services), sources, progress)
}

async function buildArchive(recipe: RootRecipe, archive: string, sources: readonly string[], progress: Progress): Promise<void> {
  const tar = `${archive}.tar`
  await makeRoot(recipe, tar, sources, progress)
  await runOrThrow('zstd', ['-q', '-19', '-T2', '--rm', tar, '-o', archive])
  const sha256 = createHash('sha256')
    .update(await readFile(archive))
    .digest('hex')
  await writeFile(`${archive}.sha256`, `${sha256}  ${basename(archive)}\n`)
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
