import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRepository, type Repository } from '../lab/demo/repository.ts'
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
