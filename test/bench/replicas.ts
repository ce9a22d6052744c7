import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RemoteFleet, startRemoteFleet } from '../fleet/client.ts'
import type { Way, Written } from '../fleet/fleet.ts'
import { manifestOf } from '../fleet/manifests.ts'
import { type ControllerProcess, startController } from '../lab/demo/controller.ts'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import { ensureKey } from '../lab/keys.ts'
import { startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { startEtcd } from '../replicas/etcd-server.ts'
import { etcdAt } from '../replicas/rig.ts'

/** Several real controllers over one simulated fleet and one real etcd, each a process of its own. */
export interface Replicas extends AsyncDisposable {
  readonly ways: readonly Way[]
  readonly repository: Repository
  /** The commit that they began with. */
  readonly first: string
  readonly controllers: ReadonlyMap<string, ControllerProcess>
  /** When a host was first seen to be as a commit says, in milliseconds since the epoch, by any of them. */
  provenAtMs(commit: string): ReadonlyMap<string, number>
  /** Another word in the manifest of a host, not yet committed. */
  fill(way: Way, word: string): Promise<void>
  /** Who is in charge, by hypervisor, as etcd says. */
  owners(): Promise<ReadonlyMap<string, string>>
  /** What controllers wrote on the hosts. */
  written(): Promise<readonly Written[]>
}

export interface ReplicasOptions {
  readonly hosts: number
  readonly names: readonly string[]
  /** Managed things on each host. */
  readonly resources: number
  /** As reeve.yaml has them. */
  readonly resync: string
  readonly lease: string
}

const fleetName = 'demo'

/** Starts all of it; the controllers are at work when it resolves. */
export async function startReplicas({ hosts, names, resources, resync, lease }: ReplicasOptions): Promise<Replicas> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'reeve-replicas-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const etcd = stack.use(await startEtcd())
  const fleets: RemoteFleet[] = []
  // As many processes as controllers, so that none of them stands for more hosts than it can serve.
  for (const [index, name] of names.entries())
    fleets.push(stack.use(await startRemoteFleet(Math.floor((hosts + index) / names.length), `${name}-sim`)))
  const ways = (await Promise.all(fleets.map((fleet) => fleet.ways()))).flat()
  const repository = await createRepository(folder)
  const fill = (way: Way, word: string) => writeFile(join(repository.clone, way.name, 'host.yaml'), manifestOf(way, resources, word))
  for (const way of ways) {
    await mkdir(join(repository.clone, way.name), { recursive: true })
    await fill(way, 'first')
  }
  const first = await repository.commit('The fleet')
  const mails = stack.use(await startSmtpCatcher({ onMail: () => {} }))
  const reader = stack.use(etcdAt(etcd.url, { timeoutMs: 30_000 }))
  const proven = new Map<string, Map<string, number>>()
  const controllers = new Map<string, ControllerProcess>()
  for (const name of names) {
    await mkdir(join(folder, name))
    const controller = await startController({
      folder: join(folder, name),
      repositoryUrl: repository.url,
      identityFile: (await ensureKey('controller')).privateFile,
      smtpPort: mails.port,
      resync,
      more: { replicas: { name, url: `http://${name}.example.org`, lease, etcd: { endpoints: [etcd.url] } } },
      onRecord({ hypervisor, status, commit, time }) {
        if (status !== 'converged') return
        const hostsOf = proven.get(String(commit)) ?? new Map<string, number>()
        proven.set(String(commit), hostsOf)
        if (!hostsOf.has(String(hypervisor))) hostsOf.set(String(hypervisor), Date.parse(time))
      },
    })
    controllers.set(name, stack.use(controller))
  }
  const prefix = `/reeve/${fleetName}/owners/`
  return {
    ways,
    repository,
    first,
    controllers,
    provenAtMs: (commit) => proven.get(commit) ?? new Map(),
    fill,
    async owners() {
      const { entries } = await reader.read(prefix)
      return new Map(entries.map(({ key, value }) => [key.slice(prefix.length), (JSON.parse(value) as { member: string }).member]))
    },
    written: async () => (await Promise.all(fleets.map((fleet) => fleet.written({ since: 0 })))).flat(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
