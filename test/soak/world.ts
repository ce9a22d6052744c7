import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NativePlace } from '../faults/native/fleet.ts'
import { type Look, look, makeCanaries } from '../faults/native/inventory.ts'
import { createOneController, type OneController } from '../faults/oneController.ts'
import { createRepository, type Repository } from '../faults/repository.ts'
import { settingsOf } from '../faults/settings.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { startTcpProxy, type TcpProxy } from '../lab/tcp-proxy.ts'
import { between, filesOf, itemsIn, type Wanted } from './deeds.ts'
import { type HostSort, type SoakMachine, startMachines } from './hosts.ts'
import type { Journal } from './journal.ts'
import type { BadSort, HostName } from './schedule.ts'

export interface SoakHost {
  readonly name: HostName
  readonly machine: SoakMachine
  readonly way: TcpProxy
  readonly place: NativePlace & { readonly domain: string }
}

/** Two hosts with a person's things on them, a repository, a mail server and one controller. */
export interface SoakWorld extends OneController, AsyncDisposable {
  readonly hosts: readonly SoakHost[]
  readonly repository: Repository
  readonly catcher: SmtpCatcher
  readonly stateDir: string
  /** Where the controller writes each second what its heap is (test/bench/lag.ts). */
  readonly heapFile: string
  host(name: HostName): SoakHost
  /** Makes the repository want this, as one commit. */
  commit(wanted: Readonly<Record<HostName, Wanted>>, bad?: BadSort): Promise<string>
  look(name: HostName): Promise<Look>
}

/** Given up soon, since a dead line is the usual here; on a busy machine a look may take seconds. */
const timeouts = { connect: '5s', observe: '20s', apply: '60s', confirm: '12s' }
const domains: Readonly<Record<HostName, string>> = { he1: 'example.com', he2: 'sample.org' }

/** Nothing is committed yet, and no controller runs. */
export async function createSoakWorld(sort: HostSort, journal: Journal): Promise<SoakWorld> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'reeve-soak-'))
  stack.defer(() => (process.env['SOAK_KEEP'] === undefined ? rm(folder, { recursive: true, force: true }) : undefined))
  const catcher = stack.use(await startSmtpCatcher({ onMail: ({ headers, body }) => noteMail(journal, headers, body) }))
  const hosts = await Promise.all((await startMachines[sort](stack)).map((machine) => soakHost(machine, stack)))
  const repository = await createRepository(join(folder, 'fleet'))
  const [stateDir, configFile, heapFile] = ['state', 'reeve.yaml', 'heap.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const [first] = hosts
  const ground = { fleet: 'soak', repository, identityFile: first?.machine.identityFile ?? '', stateDir, smtpPort: catcher.port }
  await writeFile(configFile, JSON.stringify(await settingsOf(ground, timeouts)))
  const lag = join(import.meta.dirname, '../bench/lag.ts')
  // A session of its own: Ctrl-C on the terminal is for us. Killed ourselves, the kernel ends it.
  const alone = ['setpriv', '--pdeathsig', 'KILL', 'setsid']
  const wrap = [...alone, 'env', `REEVE_LAG_FILE=${heapFile}`, `NODE_OPTIONS=--import ${lag}`]
  const one = createOneController(configFile, stateDir, { wrap })
  let files = {}
  const world: SoakWorld = {
    ...one,
    hosts,
    repository,
    catcher,
    stateDir,
    heapFile,
    host: (name) => hosts.find((host) => host.name === name) as SoakHost,
    async commit(wanted, bad) {
      const next = filesOf(
        hosts.map(({ place }) => place),
        hosts.map(({ name }) => wanted[name]),
        bad,
      )
      const hash = await repository.commit(between(files, next))
      files = next
      return hash
    },
    // The live one, and the two before it (controller/primitives/tree/steps.ts): here no two commits are alike.
    look: (name) => look(world.host(name).machine, { domain: domains[name], generations: 3 }),
    async [Symbol.asyncDispose]() {
      await one.kill()
      await stack.disposeAsync()
    },
  }
  return world
}

async function soakHost(machine: SoakMachine, stack: AsyncDisposableStack): Promise<SoakHost> {
  const name = machine.name as HostName
  const way = stack.use(await startTcpProxy({ address: machine.address, port: machine.port }))
  await machine.must(makeCanaries)
  const place = { port: way.port, hostKey: machine.hostKey, address: machine.ownAddress, name, domain: domains[name] }
  return { name, machine, way, place }
}

function noteMail(journal: Journal, headers: Readonly<Record<string, string>>, body: string): void {
  const { subject = '' } = headers
  const id = (headers['message-id'] ?? '').replace(/^<(.*)@.*$/, '$1')
  journal.note({ type: 'mail', id, subject, items: itemsIn(`${subject}\n${body}`) })
}
