import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type NativeHost, startNativeHost } from '../../lab/nspawn.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../../lab/smtp-catcher.ts'
import { startTcpProxy, type TcpProxy } from '../../lab/tcp-proxy.ts'
import { isLong } from '../instants.ts'
import { createOneController, type OneController } from '../oneController.ts'
import { createRepository, type Repository } from '../repository.ts'
import { settingsOf } from '../settings.ts'
import { converged } from '../waits.ts'
import { changeTo, type NativePlace, nativeFleet, otherOf, type Variant } from './fleet.ts'
import { disarm, installHook } from './hook.ts'
import { type Look, look, makeCanaries, ofPeople } from './inventory.ts'

/** A Debian at native speed that carries every kind it can, with a person's things beside them; and a controller that moves it between two states. */
export interface NativeWorld extends OneController, AsyncDisposable {
  readonly host: NativeHost
  readonly way: TcpProxy
  readonly repository: Repository
  readonly catcher: SmtpCatcher
  readonly place: NativePlace
  readonly stateDir: string
  /** What Git wants now. */
  readonly variant: Variant
  /** Commits the other state. */
  turn(): Promise<Variant>
  converged(): Promise<void>
  /** The host in the state that Git wants, as it was where nothing disturbed it. In the usual run only what is of a person, where that state was not seen yet. */
  wanted(): Look
}

export interface NativeOptions {
  /** More fields of reeve.yaml. */
  readonly config?: Readonly<Record<string, unknown>>
  /** Run before a person's things are made. */
  readonly prepare?: string
}

export async function createNativeWorld({ config: more = {}, prepare = ':' }: NativeOptions = {}): Promise<NativeWorld> {
  const stack = new AsyncDisposableStack()
  const host = stack.use(await startNativeHost({ name: 'he1' }))
  const catcher = stack.use(await startSmtpCatcher())
  const way = stack.use(await startTcpProxy({ address: host.address, port: host.port }))
  const folder = await mkdtemp(join(tmpdir(), 'reeve-faults-'))
  stack.defer(() => (process.env['FAULTS_KEEP'] === undefined ? rm(folder, { recursive: true, force: true }) : undefined))
  const place = { port: way.port, hostKey: host.hostKey, address: host.address }
  const repository = await createRepository(join(folder, 'fleet'))
  await repository.commit(nativeFleet(place, 'one'))
  const stateDir = join(folder, 'state')
  const configFile = join(folder, 'reeve.yaml')
  const config = await settingsOf({ repository, identityFile: host.identityFile, stateDir, smtpPort: catcher.port })
  await writeFile(configFile, JSON.stringify({ ...config, ...more }))
  const one = createOneController(configFile, stateDir)
  let variant: Variant = 'one'
  const looks = new Map<Variant, Look>()
  const world: NativeWorld = {
    host,
    way,
    repository,
    catcher,
    place,
    stateDir,
    get variant() {
      return variant
    },
    ...one,
    async turn() {
      variant = otherOf[variant]
      await repository.commit(changeTo(place, variant))
      return variant
    },
    converged: async () => converged(await world.controller(), await repository.head()),
    wanted: () => looks.get(variant) ?? ofPeople(looks.get('one') ?? {}),
    async [Symbol.asyncDispose]() {
      await world.kill()
      await stack.disposeAsync()
    },
  }
  await host.must(prepare)
  await host.must(makeCanaries)
  await installHook(host)
  await settle(world, looks)
  return world
}

/** Without a fault, to be looked at: in the usual run as it was made, in the long run each state as it is come to from the other one. */
async function settle(world: NativeWorld, looks: Map<Variant, Look>): Promise<void> {
  await world.converged()
  looks.set('one', await look(world.host))
  for (const _ of isLong ? ['there', 'back'] : []) {
    await world.turn()
    await world.converged()
    looks.set(world.variant, await look(world.host))
  }
  await disarm(world.host)
  world.catcher.clear()
}
