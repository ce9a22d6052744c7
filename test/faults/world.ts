import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HypervisorView, StatusView } from '../../controller/model/status.ts'
import { startLab } from '../lab/lab.ts'
import type { Machine } from '../lab/machine.ts'
import { type CaughtMail, type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { startTcpProxy, type TcpProxy } from '../lab/tcp-proxy.ts'
import { type ControllerProcess, startController } from './controller.ts'
import { baseFleet, type Files } from './fleet.ts'
import { createRepository, type Repository } from './repository.ts'
import { settingsOf } from './settings.ts'
import { converged, until } from './waits.ts'

export const slowMs = 300_000

/** A hypervisor, a repository, a mail server and the controllers between them; everything that a fault can be done to. */
export interface World extends AsyncDisposable {
  readonly machine: Machine
  /** The way of the controllers to the hypervisor. */
  readonly way: TcpProxy
  readonly repository: Repository
  readonly catcher: SmtpCatcher
  readonly place: Parameters<typeof baseFleet>[0]
  /** Host and repository as they were when the fleet had just converged; no controller runs, no mail was sent. */
  restore(): Promise<void>
  /** Starts a controller with a state directory of this name, kept from earlier starts since the last restore. */
  start(name?: string, fleet?: string): Promise<ControllerProcess>
  /** Starts a controller and waits until it saw that there is nothing to do. */
  ready(): Promise<ControllerProcess>
  commit(files: Files): Promise<string>
  /** Waits until the status shows this; asks the controller for cycles meanwhile. */
  until(controller: ControllerProcess, what: string, fits: (host: HypervisorView, status: StatusView) => boolean): Promise<HypervisorView>
  /** Waits until two cycles after now found all as HEAD wants it. */
  converged(controller: ControllerProcess): Promise<void>
  /** Subjects of the mails caught since the last restore. */
  subjects(): readonly string[]
  mails(): readonly CaughtMail[]
}

export async function createWorld(): Promise<World> {
  const lab = await startLab()
  const machine = lab.machine('he1')
  const catcher = await startSmtpCatcher()
  const way = await startTcpProxy({ address: machine.address, port: machine.port })
  const folder = await mkdtemp(join(tmpdir(), 'reeve-faults-'))
  const { pathOnHypervisor: path, sha256 } = lab.containerArchive
  const place = { port: way.port, hostKey: machine.hostKey, archive: { path, sha256 } }
  const repository = await createRepository(join(folder, 'fleet'))
  const base = await repository.commit(baseFleet(place))
  const running: ControllerProcess[] = []
  const world: World = {
    machine,
    way,
    repository,
    catcher,
    place,
    async restore() {
      for (const controller of running.splice(0)) await controller.kill()
      way.setMode({ kind: 'pass' })
      way.cut()
      for (const name of ['one', 'two']) await rm(join(folder, name), { recursive: true, force: true })
      await repository.reset(base)
      await machine.restore('converged')
      catcher.clear()
    },
    async start(name = 'one', fleet = 'faults') {
      const stateDir = join(folder, name)
      const config = join(folder, `${name}.yaml`)
      const ground = { fleet, repository, identityFile: machine.identityFile, stateDir, smtpPort: catcher.port }
      await writeFile(config, JSON.stringify(await settingsOf(ground)))
      const controller = await startController(config, stateDir)
      running.push(controller)
      return controller
    },
    async ready() {
      const controller = await world.start()
      await until(controller, 'a first look', (host) => host.lastResult === 'noop')
      return controller
    },
    commit: (files) => repository.commit(files),
    until: (controller, what, fits) => until(controller, what, fits),
    converged: async (controller) => converged(controller, await repository.head()),
    subjects: () => catcher.mails.map((mail) => mail.headers['subject'] ?? ''),
    mails: () => catcher.mails,
    async [Symbol.asyncDispose]() {
      for (const controller of running) await controller.kill()
      await way[Symbol.asyncDispose]()
      await catcher[Symbol.asyncDispose]()
      await lab[Symbol.asyncDispose]()
      if (process.env['FAULTS_KEEP'] === undefined) await rm(folder, { recursive: true, force: true })
      else console.log(`kept: ${folder}`)
    },
  }
  await convergeOnce(world)
  return world
}

/** The expensive part, once: everything is made, a marker is written to the volume, and the machine is kept as it is. */
async function convergeOnce(world: World): Promise<void> {
  const controller = await world.start()
  await world.converged(controller)
  await controller.kill()
  await world.machine.must('echo precious >/srv/data/marker && sync')
  await sleep(500)
  await world.machine.snapshot('converged')
}
