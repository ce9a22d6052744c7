import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runOrThrow } from '../process.ts'

/** A bare repository and a clone of it to work in. */
export interface Repository {
  readonly url: string
  readonly bare: string
  readonly clone: string
  /** Commits all that lies in the clone and pushes it. Answers the commit's hash. */
  commit(subject: string): Promise<string>
  /** Commits all that lies in the clone, and pushes nothing. */
  record(subject: string): Promise<string>
  push(): Promise<void>
}

/** What Git may read of this machine: nothing of the user's own settings, so that the demo is the same everywhere. */
const environment = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }

/** Makes both below a folder; the clone has no commit yet. */
export async function createRepository(folder: string): Promise<Repository> {
  const bare = join(folder, 'fleet.git')
  const clone = join(folder, 'fleet')
  const git = (...args: readonly string[]) => runOrThrow('git', ['-C', clone, ...args], { environment })
  await mkdir(clone, { recursive: true })
  await runOrThrow('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare], { environment })
  await git('init', '--quiet', '--initial-branch=main')
  await git('remote', 'add', 'origin', bare)
  // `git push` without arguments must do in the clone, for those who try things by hand.
  for (const [key, value] of [
    ['user.name', 'Demo'],
    ['user.email', 'demo@example.org'],
    ['push.default', 'current'],
    ['branch.main.remote', 'origin'],
    ['branch.main.merge', 'refs/heads/main'],
  ] as const)
    await git('config', key, value)
  const record = async (subject: string): Promise<string> => {
    await git('add', '--all')
    await git('commit', '--quiet', '--message', subject)
    return (await git('rev-parse', 'HEAD')).trim()
  }
  const push = async (): Promise<void> => void (await git('push', '--quiet', 'origin', 'main'))
  return {
    url: pathToFileURL(bare).href,
    bare,
    clone,
    record,
    push,
    async commit(subject) {
      const commit = await record(subject)
      await push()
      return commit
    },
  }
}
