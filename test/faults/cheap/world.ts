import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseLedger } from '../../../controller/engine/ledger.ts'
import { type CaughtMail, type SmtpCatcher, startSmtpCatcher } from '../../lab/smtp-catcher.ts'
import { startTcpProxy, type TcpProxy } from '../../lab/tcp-proxy.ts'
import { type CheapHost, startCheapHost } from '../cheapHost.ts'
import type { Files } from '../fleet.ts'
import { createOneController, type OneController } from '../oneController.ts'
import { createRepository, type Repository } from '../repository.ts'
import { settingsOf } from '../settings.ts'
import { converged } from '../waits.ts'
import { startSmallDisk } from './disk.ts'

/** What a fault of the controller's own surroundings needs: a cheap host, Git, a disk for its state, a way to the mail server. */
export interface CheapWorld extends OneController, AsyncDisposable {
  readonly host: CheapHost
  readonly repository: Repository
  readonly catcher: SmtpCatcher
  readonly toSmtp: TcpProxy
  /** The controller's state directory, seen from here. */
  readonly stateDir: string
  /** The files that make the host say this; every commit has another word. */
  files(word: string): Files
  converged(): Promise<void>
  /** Somebody changes what Reeve keeps. */
  drift(): Promise<void>
  look(): Promise<string>
  /** All mails since the world began. */
  mails(): readonly CaughtMail[]
  /** Where none of them is left: those of before are kept apart. */
  forget(): void
}

const look = `cat /mnt/note /mnt/kept /mnt/ada; ls -A /mnt /var/lib/reeve /var/lib/reeve/journal; echo '-- ledger --'; cat /var/lib/reeve/ledger`

const hasty = { connect: '3s', observe: '8s', apply: '20s', confirm: '10s' }

export async function createCheapWorld(): Promise<CheapWorld> {
  const stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'reeve-faults-'))
  stack.defer(() => (process.env['FAULTS_KEEP'] === undefined ? rm(folder, { recursive: true, force: true }) : undefined))
  const catcher = stack.use(await startSmtpCatcher())
  const toSmtp = stack.use(await startTcpProxy({ address: '127.0.0.1', port: catcher.port }))
  const host = await startCheapHost('he1', stack, folder)
  const repository = await createRepository(join(folder, 'fleet'))
  const disk = stack.use(await startSmallDisk(join(folder, 'state'), 24))
  const configFile = join(folder, 'reeve.yaml')
  const stateDir = join(folder, 'state')
  const ground = { repository, identityFile: host.sshd.keyFile, stateDir, smtpPort: toSmtp.port }
  await writeFile(configFile, JSON.stringify(await settingsOf(ground, hasty)))
  const one = createOneController(configFile, stateDir, disk)
  const old: CaughtMail[] = []
  const world: CheapWorld = {
    host,
    repository,
    catcher,
    toSmtp,
    stateDir: disk.seenAt,
    ...one,
    files: (word) => ({ 'he1.yaml': manifest(host, word) }),
    converged: async () => converged(await world.controller(), await repository.head()),
    drift: async () => void (await host.run('rm /mnt/kept')),
    look: async () => lookOf(await host.run(look)),
    mails: () => [...old, ...catcher.mails],
    forget() {
      old.push(...catcher.mails)
      catcher.clear()
    },
    async [Symbol.asyncDispose]() {
      await world.kill()
      await stack.disposeAsync()
    },
  }
  await host.run('echo precious >/mnt/ada')
  await repository.commit(world.files('first'))
  await world.converged()
  return world
}

/** The ledger by its keys: the word itself has a hash there that each commit changes. */
function lookOf(text: string): string {
  const [files = '', ledger = ''] = text.split('-- ledger --\n')
  const reading = parseLedger(ledger)
  const keys =
    reading.status === 'read' ? [...reading.ledger.entries].map(([key, { state }]) => `${key} ${state}`).sort() : [reading.status]
  return [files, ...keys].join('\n')
}

function manifest({ name, sshd }: CheapHost, word: string): string {
  return `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: ${name}}
spec:
  address: 127.0.0.1
  ports: [${sshd.port}]
  hostKeys: ["${sshd.hostKey().split(' ').slice(0, 2).join(' ')}"]
  system:
    files:
      - {path: /mnt/note, content: "${word}\\n"}
      - {path: /mnt/kept, content: "As ever\\n"}
`
}
