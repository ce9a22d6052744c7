import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import type { Machine } from '../lab/machine.ts'
import { type Outcome, run } from '../lab/process.ts'

/** The command line as an operator uses it, with a repository of his own. */
export interface Desk extends AsyncDisposable {
  readonly folder: string
  readonly repository: Repository
  /** Runs `bin/reeve WORDS --config …`. */
  reeve(...words: readonly string[]): Promise<Outcome>
  /** Replaces these files (null removes), commits, pushes. */
  commit(files: Readonly<Record<string, string | null>>): Promise<void>
}

const root = join(import.meta.dirname, '../..')

/** One identity, the lab's key. */
export async function openDesk(identityFile: string): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-life-'))
  const repository = await createRepository(folder)
  const config = join(folder, 'reeve.yaml')
  await writeFile(
    config,
    `fleet: life\nrepository: {url: '${repository.url}'}\nstateDir: ${folder}/state\nidentities: {default: {privateKeyFile: '${identityFile}'}}\n`,
  )
  const environment = { PATH: process.env['PATH'] ?? '', HOME: folder, NO_COLOR: '1' }
  return {
    folder,
    repository,
    reeve: (...words) => run('sh', [join(root, 'bin/reeve'), ...words, '--config', config], { environment, timeoutMs: 900_000 }),
    async commit(files) {
      for (const [name, text] of Object.entries(files)) {
        if (text === null) await rm(join(repository.clone, name), { force: true })
        else await writeFile(join(repository.clone, name), text)
      }
      await repository.commit(Object.keys(files).join(' '))
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** What a plan or an apply holds back, as `-o json` tells it: `Adopt file:/etc/motd content`. */
export function heldBack(stdout: string): readonly string[] {
  const { hypervisors } = JSON.parse(stdout) as {
    readonly hypervisors: readonly { readonly withheld: readonly Withheld[]; readonly error?: string }[]
  }
  return hypervisors.flatMap(({ withheld = [], error }) => [
    ...(error === undefined ? [] : [error]),
    ...withheld.flatMap(({ brake, changes }) =>
      changes.map(({ id, fields }) => `${brake} ${id} ${fields.map(({ field }) => field).join(' ')}`),
    ),
  ])
}

interface Withheld {
  readonly brake: string
  readonly approval?: string
  readonly changes: readonly { readonly id: string; readonly fields: readonly { readonly field: string }[] }[]
}

/** The hashes of what is held back under this brake. */
export function approvalsOf(stdout: string, brake: string): readonly string[] {
  const { hypervisors } = JSON.parse(stdout) as { readonly hypervisors: readonly { readonly withheld: readonly Withheld[] }[] }
  return hypervisors.flatMap(({ withheld }) => withheld.flatMap((one) => (one.brake === brake ? (one.approval ?? []) : [])))
}

/** As ssh-keygen -l prints it. */
export function fingerprintOf(hostKey: string): string {
  const blob = Buffer.from(hostKey.split(' ')[1] ?? '', 'base64')
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** The words of a first login to this machine by the lab's key, with the host key compared. */
export function bootstrapOf(machine: Machine, hostKey: string): readonly string[] {
  const way = ['-p', String(machine.port), '--key', machine.identityFile, '--fingerprint', fingerprintOf(hostKey)]
  return ['bootstrap', `root@${machine.address}`, ...way, '--name', 'he1', '--yes']
}

/** A manifest as these tests pass it on. */
export interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: Readonly<Record<string, unknown>>
}

const rest = `
kind: Volume
metadata: {name: data}
spec: {hypervisor: he1, lvm: {volumeGroup: vg_data, size: 64Mi}, filesystem: {type: ext4}, mount: {path: /srv/data}}
---
kind: Firewall
metadata: {name: main}
spec:
  target: {hypervisor: he1}
  policy: {input: drop, output: accept}
  rules: [{name: ssh, chain: input, protocol: tcp, ports: [22], action: accept}]
  confirm: {timeout: 15s}
---
kind: Container
metadata: {name: old}
spec:
  hypervisor: he1
  state: stopped
  rootfs: {lvm: {volumeGroup: vg_data, size: 32Mi}}
  resources: {pids: 200}
`
  .split('---')
  .map((one) => parse(one) as Manifest)
const system = { sysctl: { 'net.ipv4.ip_forward': '1' }, files: [{ path: '/etc/fleet-note', content: 'Kept by Reeve\n' }] }

/** The hypervisor as `reeve bootstrap` printed it, with a system of its own, and these others: each manifest with these common fields. */
export function fleetFiles(printed: string, common: object, names: readonly string[]): Readonly<Record<string, string>> {
  const first = parse(printed) as Manifest
  const others = rest.filter(({ metadata }) => names.includes(metadata.name))
  const all = [{ ...first, spec: { ...first.spec, sshdPort: 22, system } }, ...others]
  const text = ({ spec, ...one }: Manifest): string => stringify({ apiVersion: 'reeve.dev/v1', ...one, spec: { ...spec, ...common } })
  return Object.fromEntries(all.map((one) => [`${one.metadata.name}.yaml`, text(one)]))
}
