import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
import { type Outcome, run } from '../lab/process.ts'

/** A repository, and the command line as a person has it, for one hypervisor. */
export interface Reeve extends AsyncDisposable {
  readonly repository: Repository
  apply(): Promise<Outcome>
  /** Exit status 0 means: nothing to do and nothing to look at. */
  plan(): Promise<Outcome>
}

const program = join(import.meta.dirname, '../../bin/reeve')

export async function openReeve(hypervisor: string, identityFile: string): Promise<Reeve> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-recipe-'))
  const repository = await createRepository(folder)
  const configFile = join(folder, 'reeve.yaml')
  const config = {
    fleet: 'recipes',
    repository: { url: repository.url, branch: 'main' },
    identities: { default: { privateKeyFile: identityFile } },
    stateDir: join(folder, 'state'),
    // An emulated machine on a crowded one.
    timeouts: { connect: '60s', observe: '120s', apply: '10m', confirm: '90s' },
  }
  await writeFile(configFile, stringify(config))
  const reeve = (command: string) => run('sh', [program, command, '--config', configFile, '--hypervisor', hypervisor])
  return {
    repository,
    apply: () => reeve('apply'),
    plan: () => reeve('plan'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
