import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Document, parseAllDocuments } from 'yaml'
import type { Archives } from '../lab.ts'

/** How the lab's machine of a Hypervisor manifest is reached. */
export interface Way {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly hostKey: string
  /** What its card eth1 has already, without prefix length: it moves to the bridge that the card is plugged into. */
  readonly eth1Address?: string
}

/**
 * Copies the example's folder of each machine, and of two what spans them, with what only the lab knows put in: ways to reach, and the archives.
 * A machine alone has no cable to another one, and needs none of the services that span two: its containers are of the small archive.
 */
export async function fillFleet(example: string, folder: string, machines: readonly Way[], archives: Archives): Promise<void> {
  await mkdir(folder, { recursive: true })
  const folders = [...machines.map(({ name }) => name), ...(machines.length > 1 ? ['fleet'] : [])]
  for (const name of folders) await cp(join(example, name), join(folder, name), { recursive: true })
  const names = await readdir(folder, { recursive: true })
  for (const name of names.filter((one) => one.endsWith('.yaml'))) {
    const file = join(folder, name)
    const text = await readFile(file, 'utf8')
    const isAlone = machines.length === 1
    const own = isAlone ? { ...archives, servicesArchive: archives.containerArchive } : archives
    await writeFile(file, patchManifests(isAlone ? text.replaceAll(', ports: [eth1]', '') : text, machines, own))
  }
}

/** The manifests of a file as the lab needs them. A file in which nothing is the lab's stays byte for byte. */
export function patchManifests(text: string, machines: readonly Way[], archives: Archives): string {
  const documents = parseAllDocuments(text) as readonly Document[]
  const isPatched = documents.map(
    (document) => patchHypervisor(document, machines) || patchContainer(document, archives) || patchDisks(document, machines),
  )
  return isPatched.some(Boolean) ? documents.map((document) => document.toString({ lineWidth: 0 })).join('') : text
}

/** The lab's sshd listens on 22 and is reached by a forwarded port. */
function patchHypervisor(document: Document, machines: readonly Way[]): boolean {
  const machine = machines.find(({ name }) => name === document.getIn(['metadata', 'name']))
  if (document.get('kind') !== 'Hypervisor' || machine === undefined) return false
  document.setIn(['spec', 'address'], machine.address)
  document.setIn(['spec', 'ports'], [machine.port])
  document.setIn(['spec', 'sshdPort'], 22)
  document.setIn(['spec', 'hostKeys'], [machine.hostKey])
  if (machine.eth1Address !== undefined) patchBridges(document, `${machine.eth1Address}/24`)
  return true
}

/** The lab's eth1 has an address already, as cards of rented machines do: that it moves counts as an outage, which is let through. */
function patchBridges(document: Document, address: string): void {
  const path = ['spec', 'system', 'bridges']
  const bridges = (document.toJS() as { readonly spec: { readonly system?: { readonly bridges?: readonly Bridge[] } } }).spec.system
    ?.bridges
  for (const [at, { addresses = [], ports = [] }] of (bridges ?? []).entries()) {
    if (!ports.includes('eth1')) continue
    document.setIn([...path, at, 'addresses'], document.createNode([...addresses, address], { flow: true }))
    document.setIn(['spec', 'restarts'], 'Always')
  }
}

interface Bridge {
  readonly addresses?: readonly string[]
  readonly ports?: readonly string[]
}

function patchContainer(document: Document, archives: Archives): boolean {
  if (document.get('kind') !== 'Container' || document.getIn(['spec', 'template', 'type']) !== 'archive') return false
  const { pathOnHypervisor, sha256 } = archiveFor(String(document.getIn(['spec', 'template', 'path'])), archives)
  document.setIn(['spec', 'template', 'path'], pathOnHypervisor)
  document.setIn(['spec', 'template', 'sha256'], sha256)
  return true
}

/** The one of that name, however it is packed, or the small one. */
function archiveFor(path: string, { containerArchive, servicesArchive }: Archives): Archives['containerArchive'] {
  const nameOf = (file: string) => basename(file).replace(/\.tar\..*$/, '')
  return nameOf(path) === nameOf(servicesArchive.pathOnHypervisor) ? servicesArchive : containerArchive
}

/** Each machine of the lab has one disk that tells of itself (hardware.ts). */
function patchDisks(document: Document, machines: readonly Way[]): boolean {
  const isOurs = machines.some(({ name }) => name === document.getIn(['spec', 'target', 'hypervisor']))
  if (document.get('kind') !== 'SmartCheck' || !isOurs) return false
  document.setIn(['spec', 'devices'], document.createNode([{ id: 'ata-QEMU_HARDDISK_LAB-SMART-1', type: 'sat' }]))
  return true
}
