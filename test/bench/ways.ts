import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { signed } from '../forge/sign.ts'
import { startSshd } from '../git/sshd.ts'
import { freePort } from '../ssh/free-port.ts'
import type { Settings } from './commit.ts'

/** How the controller hears of a push. */
export interface Way {
  readonly name: string
  /** What the controller's configuration has for it. */
  readonly settings: Settings
  /** What the forge does once a push is in. */
  announce(commit: string): Promise<void>
}

/** A repository on the controller's own machine, whose refs it watches. */
export function localWay(): Way {
  return { name: 'a local repository', settings: () => Promise.resolve({}), announce: () => Promise.resolve() }
}

/** A repository behind a real sshd, asked every so often and told by nobody. */
export function pollWay(pollSeconds: number): Way {
  return {
    name: `poll every ${pollSeconds} s over ssh`,
    settings: async (repository, folder, stack) => ({ repository: await overSsh(repository.bare, folder, stack, pollSeconds) }),
    announce: () => Promise.resolve(),
  }
}

/** The same, and a signed webhook after each push; it is asked so rarely that nothing else can tell of one. */
export async function webhookWay(): Promise<Way> {
  const port = await freePort()
  const secret = 'the secret of the bench and of nobody else'
  let count = 0
  return {
    name: 'webhook, repository over ssh',
    async settings(repository, folder, stack) {
      const secretFile = join(folder, 'webhook-secret')
      await writeFile(secretFile, `${secret}\n`, { mode: 0o600 })
      const limits = { perSource: 1000, inAll: 1000 }
      const webhooks = { provider: 'github', secretFile, listen: { address: '127.0.0.1', port }, limits }
      return { repository: await overSsh(repository.bare, folder, stack, 600), webhooks }
    },
    async announce(commit) {
      const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', after: commit }))
      const headers = signed('github', body, { secret, nowSeconds: Date.now() / 1000, id: `delivery-${++count}` })
      const answer = await fetch(`http://127.0.0.1:${port}/hooks/github`, { method: 'POST', headers, body })
      if (answer.status !== 202) throw new Error(`the webhook was answered with ${answer.status}: ${await answer.text()}`)
    },
  }
}

async function overSsh(bare: string, folder: string, stack: AsyncDisposableStack, pollSeconds: number): Promise<object> {
  const keys = join(folder, 'sshd')
  await mkdir(keys)
  const { user, port, identityFile, knownHosts } = stack.use(await startSshd(keys))
  return { url: `ssh://${user}@127.0.0.1:${port}${bare}`, branch: 'main', pollInterval: `${pollSeconds}s`, identityFile, knownHosts }
}
