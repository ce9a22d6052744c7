import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runOrThrow } from '../lab/process.ts'
import type { Files } from './fleet.ts'

/** A Git repository on this machine that a test writes to as people do. */
export interface Repository {
  readonly url: string
  /** Writes, commits, and answers the commit. */
  commit(files: Files): Promise<string>
  head(): Promise<string>
  read(name: string): Promise<string>
  /** Moves the branch back to a commit, as a forced push does. */
  reset(commit: string): Promise<void>
  /** Replaces the branch by a commit without history that holds only these files. */
  replaceHistory(files: Files): Promise<string>
  hide(): Promise<void>
  show(): Promise<void>
}

export async function createRepository(folder: string): Promise<Repository> {
  await mkdir(folder, { recursive: true })
  const git = (...args: readonly string[]): Promise<string> =>
    runOrThrow('git', ['-C', folder, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args])
  await git('init', '-q', '-b', 'main')
  const write = async (files: Files): Promise<void> => {
    for (const [name, text] of Object.entries(files)) {
      if (text === null) await rm(join(folder, name))
      else await writeFile(join(folder, name), text)
    }
  }
  const head = async (): Promise<string> => (await git('rev-parse', 'HEAD')).trim()
  const record = async (): Promise<string> => {
    await git('add', '-A')
    await git('commit', '-q', '--allow-empty', '-m', 'change')
    return head()
  }
  return {
    url: folder,
    head,
    read: (name) => readFile(join(folder, name), 'utf8'),
    async commit(files) {
      await write(files)
      return record()
    },
    async reset(commit) {
      await git('reset', '-q', '--hard', commit)
    },
    async replaceHistory(files) {
      await git('checkout', '-q', '--orphan', 'fresh')
      await git('rm', '-rfq', '.')
      await write(files)
      const commit = await record()
      await git('branch', '-M', 'fresh', 'main')
      return commit
    },
    hide: () => rename(folder, `${folder}.away`),
    show: () => rename(`${folder}.away`, folder),
  }
}
