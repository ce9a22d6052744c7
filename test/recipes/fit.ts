import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Document, parseAllDocuments } from 'yaml'
import { patchManifests } from '../lab/demo/fleet.ts'
import type { Archives, Machine } from '../lab/lab.ts'
import { folderOf } from './folders.ts'

/** What of a recipe only its real host has, and what the lab's machine has in its place. */
export interface Fit {
  readonly recipe: string
  /** The Hypervisor that the machine stands for. */
  readonly hypervisor: string
  /** Addresses of its network card that rules name. */
  readonly publicAddresses?: readonly string[]
}

/** Address of the machine's network card to the world, as the emulator gives it. */
export const addressInside = '10.0.2.15'

/** The machine's volume group has 4 GiB. */
const sizes: Readonly<Record<string, readonly [path: readonly string[], size: string]>> = {
  Container: [['spec', 'rootfs', 'lvm', 'size'], '640Mi'],
  Volume: [['spec', 'lvm', 'size'], '256Mi'],
}

/** Copies a recipe's manifests below a folder, with way, key, archive, sizes, disks and public address of the machine. All else is as written. */
export async function fillRecipe(folder: string, fit: Fit, machine: Machine, archives: Archives): Promise<void> {
  await cp(folderOf(fit.recipe), folder, { recursive: true })
  for (const name of (await readdir(folder)).filter((one) => one.endsWith('.yaml'))) {
    const file = join(folder, name)
    const reached = patchManifests(await readFile(file, 'utf8'), [{ ...machine, name: fit.hypervisor }], archives)
    await writeFile(file, fitText(reached, fit.publicAddresses ?? []))
  }
}

function fitText(text: string, publicAddresses: readonly string[]): string {
  const documents = parseAllDocuments(text) as readonly Document[]
  for (const document of documents) fitSize(document)
  const written = documents.map((document) => document.toString({ lineWidth: 0 })).join('')
  const isFirewall = documents.some((document) => document.get('kind') === 'Firewall')
  return isFirewall ? publicAddresses.reduce((all, address) => all.replaceAll(address, addressInside), written) : written
}

/** The disk of the machine on which nothing is. */
const blankDisk = '/dev/disk/by-id/virtio-lab-blank'
const devices = ['spec', 'lvm', 'createVolumeGroup', 'devices']

function fitSize(document: Document): void {
  if (document.hasIn(devices)) document.setIn(devices, document.createNode([blankDisk]))
  const [path, size] = sizes[String(document.get('kind'))] ?? []
  if (path !== undefined && document.hasIn(path)) document.setIn(path, size)
}
