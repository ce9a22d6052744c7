import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openHookSecrets } from '../../controller/cli/hookSecrets.ts'
import { startHooks } from '../../controller/cli/hooks.ts'
import type { GitSource } from '../../controller/git/source.ts'
import type { HookServer } from '../../controller/http/hooks.ts'
import { createMetrics, type Metrics } from '../../controller/report/metrics.ts'
import { reveal } from '../../controller/shell/secret.ts'
import { signed } from '../forge/sign.ts'
import { createRepository, openSource, type TestRepository, temporaryFolder } from '../git/repository.ts'

/** Machines are busy. */
const patient = { timeout: 15_000 }

const old = 'the secret of last year'
const secret = 'the secret of this year'
const log = {
  debug() {},
  info: (...words: unknown[]) => void said.push(words),
  warn: (...words: unknown[]) => void said.push(words),
  error() {},
}

let said: unknown[]
let folder: ReturnType<typeof temporaryFolder>
let repository: TestRepository
let git: GitSource
let metrics: Metrics
let recorded: unknown[]
let news: unknown[]
let rings: { readonly ms: number; readonly run: () => void }[]
let nowSeconds: number
let server: HookServer

beforeEach(async () => {
  said = []
  recorded = []
  news = []
  rings = []
  nowSeconds = 1_700_000_000
  folder = temporaryFolder()
  repository = createRepository(join(folder.path, 'fleet'))
  repository.commit({ 'README.md': 'first' })
  git = openSource(repository.folder, join(folder.path, 'state'))
  await git.refresh()
  writeSecrets(`${secret}\n`)
  metrics = createMetrics()
  server = await start()
})
afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await git[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

function writeSecrets(text: string, mode = 0o600): void {
  const file = join(folder.path, 'secret')
  writeFileSync(`${file}.new`, text)
  chmodSync(`${file}.new`, mode)
  renameSync(`${file}.new`, file)
}

function start(): Promise<HookServer> {
  return startHooks(
    { provider: 'gitea', listen: { address: '127.0.0.1', port: 0 }, proxies: [], limits: { perSource: 1000, inAll: 1000 } },
    {
      git,
      branch: 'main',
      metrics,
      store: { record: (...entry) => void recorded.push(entry) },
      reporter: { onWebhook: (one) => void news.push(one) },
      log,
      secrets: openHookSecrets(join(folder.path, 'secret'), {}),
      nowSeconds: () => nowSeconds,
      after: (ms, run) => {
        rings.push({ ms, run })
        return () => {}
      },
    },
  )
}

async function deliver(body: object, by = secret): Promise<number> {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = signed('gitea', bytes, { secret: by, nowSeconds, id: `id-${Math.random()}` })
  const { status } = await fetch(`http://127.0.0.1:${server.port}/hooks/gitea`, { method: 'POST', headers, body: bytes })
  return status
}

const count = async (result: string) =>
  (await metrics.webhookRequestsTotal.get()).values.find(({ labels }) => labels.result === result)?.value

describe('a push', () => {
  it('has the repository read at once, and is remembered without its body', async () => {
    const commit = repository.commit({ 'README.md': 'second' })
    expect(await deliver({ ref: 'refs/heads/main', after: commit, pusher: { email: 'ada@example.org' } })).toBe(202)
    await expect.poll(() => git.state.commit, patient).toBe(commit)
    expect(recorded).toEqual([['webhook', expect.stringMatching(/^id-/), { source: '127.0.0.1', branch: 'main', commit }]])
    expect(rings).toEqual([])
    expect(await count('accepted')).toBe(1)
    expect(JSON.stringify([said, recorded])).not.toContain('ada@example.org')
  })

  it('of a commit that the forge does not show yet is asked for again, three times', async () => {
    const later = 'c'.repeat(40)
    await deliver({ ref: 'refs/heads/main', after: later })
    await expect.poll(() => rings.map(({ ms }) => ms), patient).toEqual([250])
    rings[0]?.run()
    await expect.poll(() => rings.map(({ ms }) => ms), patient).toEqual([250, 1000])
    rings[1]?.run()
    await expect.poll(() => rings.map(({ ms }) => ms), patient).toEqual([250, 1000, 4000])
    const refresh = vi.spyOn(git, 'refresh')
    rings[2]?.run()
    await refresh.mock.results[0]?.value
    expect(rings.length).toBe(3)
  })

  it('of many at once all are answered, and the last commit is what is read', async () => {
    const commits = Array.from({ length: 5 }, (_, n) => repository.commit({ 'README.md': `${n} of many` }))
    const answers = await Promise.all(commits.map((after) => deliver({ ref: 'refs/heads/main', after })))
    expect(answers).toEqual(Array(5).fill(202))
    await expect.poll(() => git.state.commit, patient).toBe(commits.at(-1))
  })

  it('to another branch, or with a wrong signature, moves nothing', async () => {
    const refresh = vi.spyOn(git, 'refresh')
    repository.commit({ 'README.md': 'second' })
    expect(await deliver({ ref: 'refs/heads/dev', after: 'd'.repeat(40) })).toBe(200)
    expect(await deliver({ ref: 'refs/heads/main', after: 'd'.repeat(40) }, 'a secret of somebody')).toBe(401)
    expect(refresh).not.toHaveBeenCalled()
    expect(recorded).toEqual([])
  })
})

describe('the secret', () => {
  const push = { ref: 'refs/heads/dev' }

  it('is changed without a restart: both are good while both stand in the file', async () => {
    expect([await deliver(push, secret), await deliver(push, old)]).toEqual([200, 401])
    writeSecrets(`${secret}\n${old}\n`)
    expect([await deliver(push, secret), await deliver(push, old)]).toEqual([200, 200])
    writeSecrets(`${old}\n`)
    expect([await deliver(push, secret), await deliver(push, old)]).toEqual([401, 200])
  })

  it('that others could read, or that is gone, is none: nothing is taken, and the log says what to do', async () => {
    writeSecrets(`${secret}\n`, 0o640)
    expect(await deliver(push)).toBe(503)
    rmSync(join(folder.path, 'secret'))
    nowSeconds += 61
    expect(await deliver(push)).toBe(503)
    expect(JSON.stringify(said)).toContain(`secret has mode 0640, others could read it: chmod 0600 ${join(folder.path, 'secret')}`)
    expect(JSON.stringify(said)).toContain('secret cannot be read: ')
    expect(JSON.stringify(said)).not.toContain(secret)
    writeSecrets(`${secret}\n`)
    expect(await deliver(push)).toBe(200)
  })

  it('that is unusable from the beginning ends the command', async () => {
    writeSecrets('short\n')
    await expect(async () => start()).rejects.toThrow(/^webhooks: .*secret: a secret of it is shorter than 16 characters/)
  })

  it('can come from the environment, which no child process inherits then', () => {
    const environment: Record<string, string | undefined> = { REEVE_WEBHOOKS_SECRET: `${secret}\n${old}` }
    const reading = openHookSecrets(undefined, environment)()
    expect(environment).toEqual({})
    expect(reading.ok && reading.secrets.map(reveal)).toEqual([secret, old])
    expect(openHookSecrets(undefined, {})()).toEqual({
      ok: false,
      reason: 'there is no secret: write webhooks.secretFile, or set REEVE_WEBHOOKS_SECRET',
    })
  })
})

describe('signatures that keep failing', () => {
  it('are news with the third, once a minute, until one is right', async () => {
    const push = { ref: 'refs/heads/main' }
    for (let n = 0; n < 10; n += 1) await deliver(push, old)
    expect(news).toEqual([{ status: 'failing', failures: 3, message: '127.0.0.1' }])
    nowSeconds += 61
    await deliver(push, old)
    expect(news.slice(1)).toEqual([{ status: 'failing', failures: 11, message: '127.0.0.1' }])
    await deliver({ ...push, after: 'e'.repeat(40) })
    expect(news.slice(2)).toEqual([{ status: 'accepted', failures: 0, message: '127.0.0.1' }])
    expect(await count('wrongSignature')).toBe(11)
  })

  it('are a line of the log a minute, with the number of those that were left out', async () => {
    for (let n = 0; n < 10; n += 1) await deliver({}, old)
    nowSeconds += 61
    await deliver({}, old)
    const lines = said.map((words) => (words as readonly string[])[1]).filter((line) => line?.includes('wrongSignature'))
    expect(lines).toEqual([
      'webhook wrongSignature: the signature is missing or wrong',
      'webhook wrongSignature: the signature is missing or wrong (and 9 more since the last such line)',
    ])
  })
})
