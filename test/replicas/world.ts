import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { stringify } from 'yaml'
import { type CheapHost, startCheapHost } from '../faults/cheapHost.ts'
import { type ControllerProcess, startController } from '../faults/controller.ts'
import { createRepository, type Repository } from '../faults/repository.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { startTcpProxy, type TcpProxy } from '../lab/tcp-proxy.ts'
import { freePort } from '../ssh/free-port.ts'
import { type EtcdServer, startEtcd } from './etcd-server.ts'
import { createLines, type Lines } from './lines.ts'
import { etcdAt } from './rig.ts'

export interface ReplicaProcess {
  readonly name: string
  readonly controller: ControllerProcess
  /** Between it and etcd. */
  readonly toEtcd: TcpProxy
}

export interface World extends AsyncDisposable {
  readonly etcd: EtcdServer
  readonly hosts: readonly CheapHost[]
  readonly repository: Repository
  readonly smtp: SmtpCatcher
  /** Where they were asked for. */
  readonly lines: Lines
  /** Keys of the fleet in etcd, without its prefix. */
  keys(below: string): Promise<ReadonlyMap<string, string>>
  /** Starts a replica of this name, or starts it again. */
  start(name: string): Promise<ReplicaProcess>
}

export interface WorldOptions {
  readonly hosts: number
  readonly resync?: string
  readonly lease?: string
  /** Each replica has a line of its own to each host, and hands over after so long. Default: all go straight to the hosts. */
  readonly handOver?: string
}

export async function startWorld({ hosts: count, resync = '5s', lease = '5s', handOver }: WorldOptions): Promise<World> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'reeve-replicas-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const etcd = stack.use(await startEtcd())
  const smtp = stack.use(await startSmtpCatcher())
  const hosts: CheapHost[] = []
  for (let index = 1; index <= count; index++) hosts.push(await startCheapHost(`he${index}`, stack, folder))
  const repository = await createRepository(join(folder, 'fleet'))
  const lines = createLines(hosts, stack, folder)
  await repository.commit(manifests(hosts, 'first', handOver === undefined ? undefined : lines.addressOf))
  const proxies = new Map<string, TcpProxy>()

  async function start(name: string): Promise<ReplicaProcess> {
    const toEtcd = proxies.get(name) ?? stack.use(await startTcpProxy({ address: '127.0.0.1', port: etcd.port }))
    proxies.set(name, toEtcd)
    const stateDir = join(folder, name)
    const configFile = join(folder, `${name}.yaml`)
    await writeFile(
      configFile,
      config({ name, stateDir, repository, hosts, smtp, toEtcd, resync, lease, handOver, port: await freePort() }),
    )
    const wrap = handOver === undefined ? [] : await lines.wrapOf(name)
    const controller = stack.use(await startController(configFile, stateDir, { wrap }))
    return { name, controller, toEtcd }
  }
  const reader = stack.use(etcdAt(etcd.url, { timeoutMs: 10_000 }))
  const keys = async (below: string): Promise<ReadonlyMap<string, string>> =>
    new Map((await reader.read(`/reeve/test/${below}`)).entries.map(({ key, value }) => [key.slice('/reeve/test/'.length), value]))
  return { etcd, hosts, repository, smtp, lines, keys, start, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** What a host itself recorded: each apply under the epoch before it or a newer one, and each from what the one before it left. */
export async function oneWriter({ name, run }: CheapHost): Promise<void> {
  const text = await run(`sed -n 's/^{"reeve":1,"generation":\\([0-9]*\\),"epoch":\\([0-9]*\\),.*/\\1 \\2/p' /var/lib/reeve/ledger`)
  const applies = text
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number) as [number, number])
  for (const [index, [generation, epoch]] of applies.entries()) {
    const before = applies[index - 1]
    if (before) expect([name, generation, epoch >= before[1]]).toEqual([name, before[0] + 1, true])
  }
}

/** Each hypervisor has a note of its own. */
export function manifests(
  hosts: readonly CheapHost[],
  text: string,
  addressOf: Lines['addressOf'] = () => '127.0.0.1',
): Readonly<Record<string, string>> {
  return Object.fromEntries(hosts.map((host) => [`${host.name}.yaml`, manifest(host, addressOf(host), text)]))
}

function manifest({ name, sshd }: CheapHost, address: string, text: string): string {
  return `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: ${name}}
spec:
  address: ${address}
  ports: [${sshd.port}]
  identity: ${name}
  hostKeys: ["${sshd.hostKey().split(' ').slice(0, 2).join(' ')}"]
  system:
    files:
      - {path: /mnt/note, content: "${text}\\n"}
`
}

interface Settings {
  readonly name: string
  readonly stateDir: string
  readonly repository: Repository
  readonly hosts: readonly CheapHost[]
  readonly smtp: SmtpCatcher
  readonly toEtcd: TcpProxy
  readonly resync: string
  readonly lease: string
  readonly handOver: string | undefined
  readonly port: number
}

function config({ name, stateDir, repository, hosts, smtp, toEtcd, resync, lease, handOver, port }: Settings): string {
  return stringify({
    fleet: 'test',
    repository: { url: repository.url, branch: 'main' },
    identities: Object.fromEntries(hosts.map((host) => [host.name, { privateKeyFile: host.sshd.keyFile }])),
    resync,
    listen: { address: '127.0.0.1', port },
    stateDir,
    mail: { smarthost: { host: '127.0.0.1', port: smtp.port }, from: `${name}@example.org`, to: ['ops@example.org'] },
    alerts: { groupWait: '1s', groupInterval: '1s', ...(handOver === undefined ? {} : { keepFiring: '2s' }) },
    // A line that swallows everything is told from a slow host the sooner.
    ...(handOver === undefined ? {} : { timeouts: { connect: '5s', observe: '10s' } }),
    replicas: {
      name,
      url: `http://127.0.0.1:${port}`,
      lease,
      ...(handOver === undefined ? {} : { handOver }),
      etcd: { endpoints: [`http://127.0.0.1:${toEtcd.port}`] },
    },
  })
}
