import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import { type Outcome, run } from '../lab/process.ts'

/** A repository, and the command line as a person has it, for one hypervisor or for all. */
export interface Reeve extends AsyncDisposable {
  readonly repository: Repository
  /** Where its files are; goes with it. */
  readonly folder: string
  apply(): Promise<Outcome>
  /** Exit status 0 means: nothing to do and nothing to look at. */
  plan(): Promise<Outcome>
}

const program = join(import.meta.dirname, '../../bin/reeve')

/** What of reeve.yaml every Reeve has that keeps these hosts: the fleet's name, and patience with an emulated machine on a crowded one. */
export const common = {
  fleet: 'recipes',
  timeouts: { connect: '60s', observe: '120s', apply: '10m', confirm: '90s' },
} as const

/** All hypervisors of the fleet where none is named. */
export async function openReeve(identityFile: string, hypervisor?: string): Promise<Reeve> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-recipe-'))
  const repository = await createRepository(folder)
  const configFile = join(folder, 'once.yaml')
  const config = {
    ...common,
    repository: { url: repository.url, branch: 'main' },
    identities: { default: { privateKeyFile: identityFile } },
    stateDir: join(folder, 'once'),
  }
  await writeFile(configFile, stringify(config))
  const only = hypervisor === undefined ? [] : ['--hypervisor', hypervisor]
  const reeve = (command: string) => run('sh', [program, command, '--config', configFile, ...only])
  return {
    repository,
    folder,
    apply: () => reeve('apply'),
    plan: () => reeve('plan'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
