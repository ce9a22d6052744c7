import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { identityFileText, makeIdentity, sealSecret } from '../../controller/secrets/age.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { type Api, createApi, missingOf } from '../lab/demo/api.ts'
import { type ControllerProcess, type LogRecord, startController } from '../lab/demo/controller.ts'
import { createRepository } from '../lab/demo/repository.ts'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { type Files, hypervisor, type MachineName, machineNames, machines, strangerAddress, text, wholeFleet } from './fleet.ts'
import { type Lan, startLan } from './lan.ts'
import { type Stranger, startStranger } from './stranger.ts'

/** Four machines on one bridge, a stranger beside them, a repository, and the real controller as a process of its own. */
export interface World extends AsyncDisposable {
  readonly hosts: Readonly<Record<MachineName, NativeHost>>
  readonly lan: Lan
  readonly stranger: Stranger
  readonly api: Api
  readonly alarms: SmtpCatcher
  /** Of the controller's page. */
  readonly port: number
  /** The repository that it reads. */
  readonly bare: string
  /** Writes and pushes; answers the commit. */
  commit(files: Files, subject: string): Promise<string>
  /** Waits until all of the fleet is as this commit says. */
  converged(commit: string, withinMs?: number): Promise<void>
  /** Gives a machine that booted anew its cable, and what no manifest gives it. */
  plug(name: MachineName): Promise<void>
  /** Subjects of all mails that the controller sent. */
  subjects(): readonly string[]
  conditionOf(kind: string, name: string, type: string): Promise<unknown>
}

export async function createWorld(): Promise<World> {
  const stack = new AsyncDisposableStack()
  const records: LogRecord[] = []
  stack.defer(() => {
    if (process.env['SHOW_LOG'] !== undefined) for (const { time, level, msg } of records) console.log(`${time} ${level} ${msg}`)
  })
  const started = await Promise.all(machineNames.map(async (name) => [name, stack.use(await startNativeHost({ name }))] as const))
  const hosts = Object.fromEntries(started) as World['hosts']
  const lan = stack.use(await startLan(`${strangerAddress}/24`))
  const plug = (name: MachineName) => plugIn(lan, hosts[name], name)
  await Promise.all(machineNames.map(plug))
  await makeUserServer(hosts.maila)
  const stranger = stack.use(await startStranger(lan.pid, [machines.plpa.outer, machines.plpb.outer]))
  const alarms = stack.use(await startSmtpCatcher())
  const folder = await mkdtemp(join(tmpdir(), 'reeve-scenarios-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const repository = await createRepository(folder)
  const secrets = await sealTransferKey(folder, repository.clone)
  const commit: World['commit'] = async (files, subject) => {
    for (const [name, manifest] of Object.entries(files)) {
      const path = join(repository.clone, name)
      await (manifest === null ? rm(path) : writeFile(path, text(manifest)))
    }
    return repository.commit(subject)
  }
  const machineFiles = Object.fromEntries(machineNames.map((name) => [`${name}.yaml`, hypervisor(hosts[name])]))
  const first = await commit({ ...machineFiles, ...wholeFleet() }, 'The whole fleet')
  const identityFile = hosts.plpa.identityFile
  const settings = { folder, repositoryUrl: repository.url, identityFile, smtpPort: alarms.port, resync: '5s', more: { secrets } }
  const controller = stack.use(await startController({ ...settings, onRecord: (record) => void records.push(record) }))
  const api = createApi(controller.url)
  const world: World = {
    hosts,
    lan,
    stranger,
    api,
    alarms,
    port: Number(new URL(controller.url).port),
    bare: repository.bare,
    commit,
    plug,
    converged: (wanted, withinMs = 60_000) => converged(api, controller, wanted, withinMs),
    subjects: () => alarms.mails.map((mail) => mail.headers['subject'] ?? ''),
    async conditionOf(kind, name, type) {
      const { resources } = await api.status()
      return resources.find((one) => one.kind === kind && one.name === name)?.conditions.find((one) => one.type === type)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
  await world.converged(first, 120_000).catch(async (error: Error) => {
    await stack.disposeAsync()
    throw error
  })
  return world
}

async function converged(api: Api, controller: ControllerProcess, commit: string, withinMs: number): Promise<void> {
  let missing: string | undefined = 'nothing was said'
  for (const endMs = performance.now() + withinMs; performance.now() < endMs; await sleep(100)) {
    missing = await Promise.race([api.status().then((status) => missingOf(status, commit), String), controller.ended])
    if (missing === undefined) return
  }
  throw new Error(`not converged in ${withinMs} ms: ${missing}`)
}

/** Where each is reached from both sides; retries of Postfix come soon, by its own main.cf, since nobody wants to wait five minutes here. */
async function plugIn(lan: Lan, host: NativeHost, name: MachineName): Promise<void> {
  const { inner, outer } = machines[name]
  await lan.plug(host, [`${inner}/24`, ...(outer === undefined ? [] : [`${outer}/24`])])
  if (outer === undefined) await host.must('ip route add 203.0.113.0/24 dev eth1')
  await host.must(
    'systemctl stop postfix; postconf -e inet_protocols=ipv4 mydestination=localhost minimal_backoff_time=2s maximal_backoff_time=4s queue_run_delay=2s',
  )
}

/** The server of the users is somebody else's: Reeve only knows where it is. */
async function makeUserServer(host: NativeHost): Promise<void> {
  await host.must(`for user in alice bob; do useradd -m "$user"; done
postconf -e myhostname=maila.example.com mydestination=example.com,new.example,localhost home_mailbox=Maildir/ alias_maps= smtpd_client_connection_count_limit=0
systemctl start postfix`)
}

/** The key for transfers as age(1) seals it, and where the controller finds the key of that. */
async function sealTransferKey(folder: string, clone: string): Promise<{ readonly identityFile: string }> {
  const { identity, recipient } = await makeIdentity()
  const identityFile = join(folder, 'age-identity')
  await writeFile(identityFile, identityFileText(identity, recipient), { mode: 0o600 })
  await mkdir(join(clone, 'secrets'))
  const sealed = await sealSecret(new Secret('Z29vZCBrZXkgb2YgdHJhbnNmZXJz'), [recipient])
  await writeFile(join(clone, 'secrets/xfer.age'), sealed)
  return { identityFile }
}
