import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StatusProvider } from '../../controller/forge/provider.ts'
import { createCommitStatus } from '../../controller/http/commitStatus.ts'
import type { CommitStatus, CommitVerdict } from '../../controller/model/commitStatus.ts'
import { Secret } from '../../controller/shell/secret.ts'
import { repository, startForge, type TestForge } from './forge.ts'

/** Machines are busy. */
const patient = { timeout: 15_000 }

const token = 'token-8c1f2a'
const commit = 'c0ffee'.padEnd(40, '0')
const valid: CommitVerdict = { commit, about: 'validate', state: 'success', description: '12 manifests valid' }

let forge: TestForge
let status: CommitStatus & AsyncDisposable
let results: string[]
let said: unknown[]
let rings: { readonly ms: number; readonly run: () => void }[]
let nowMs: number
let given: string

beforeEach(() => {
  results = []
  said = []
  rings = []
  nowMs = 1_700_000_000_000
  given = token
})
afterEach(async () => {
  await status[Symbol.asyncDispose]()
  await forge[Symbol.asyncDispose]()
})

async function start(provider: StatusProvider, more: object = {}): Promise<void> {
  forge = await startForge(provider, token)
  const say = (...words: unknown[]) => void said.push(words)
  status = createCommitStatus({
    config: { provider, api: forge.api, repository, tokenFile: '/none', context: 'reeve', ...more },
    token: () => new Secret(given),
    retry: { firstMs: 1000, maxMs: 8000, giveUpMs: 86_400_000 },
    onResult: (result) => void results.push(result),
    log: { debug: say, info: say, warn: say, error: say },
    nowMs: () => nowMs,
    random: () => 1,
    after(ms, run) {
      rings.push({ ms, run })
      return () => {}
    },
  })
}

const settled = (count: number) => expect.poll(() => results.length, { timeout: 10_000 }).toBe(count)

describe.each(['github', 'gitlab', 'gitea', 'forgejo'] as const)('%s', (provider) => {
  const failure = provider === 'gitlab' ? 'failed' : 'failure'

  it('is told what its page asks for, and shows the last word of each name', async () => {
    await start(provider, { targetUrl: 'https://reeve.example.org/' })
    status.tell(valid)
    status.tell({ ...valid, about: 'apply', state: 'pending', description: 'waits for he1' })
    await settled(2)
    status.tell({ ...valid, about: 'apply', state: 'failure', description: 'failed on he1' })
    await settled(3)
    const targetUrl = 'https://reeve.example.org/'
    expect(forge.shown).toEqual([
      { commit, name: 'reeve/validate', state: 'success', description: '12 manifests valid', targetUrl },
      { commit, name: 'reeve/apply', state: 'pending', description: 'waits for he1', targetUrl },
      { commit, name: 'reeve/apply', state: failure, description: 'failed on he1', targetUrl },
    ])
    expect(results).toEqual(['sent', 'sent', 'sent'])
  })

  it('gets no word that is too long, of two lines, or cut in the middle of a letter', async () => {
    await start(provider)
    status.tell({ ...valid, state: 'failure', description: `a\nb\u202e\u0007c ${'\u{1f980}'.repeat(200)}` })
    await settled(1)
    expect(forge.shown[0]?.description).toMatch(/^a b c (\u{1f980})+…$/u)
    expect(forge.shown[0]?.targetUrl).toBeUndefined()
  })

  it('that says the same again is none the worse', async () => {
    await start(provider)
    status.tell(valid)
    await settled(1)
    status.tell(valid)
    await settled(2)
    expect(results).toEqual(['sent', 'sent'])
  })
})

describe('a forge that does not answer', () => {
  it('is tried again, ever more rarely, and gets the last word alone', async () => {
    await start('github')
    forge.mischief.push('reset', { status: 502 }, { status: 503 }, { status: 500 }, { status: 429 })
    status.tell({ ...valid, about: 'apply', state: 'pending' })
    for (let n = 1; n <= 5; n += 1) {
      await expect.poll(() => rings.length, patient).toBe(n)
      status.tell({ ...valid, about: 'apply', state: 'success', description: `after ${n}` })
      rings[n - 1]?.run()
    }
    await settled(6)
    expect(rings.map(({ ms }) => ms)).toEqual([1000, 2000, 4000, 8000, 8000])
    expect(forge.shown.map(({ description }) => description)).toEqual(['after 5'])
    expect(results).toEqual([...Array(5).fill('retried'), 'sent'])
  })

  it('says itself how long to wait, up to an hour', async () => {
    await start('github')
    forge.mischief.push({ status: 403, headers: { 'retry-after': '60' } }, { status: 429, headers: { 'retry-after': '99999' } })
    status.tell(valid)
    await expect.poll(() => rings.length, patient).toBe(1)
    rings[0]?.run()
    await expect.poll(() => rings.length, patient).toBe(2)
    expect(rings.map(({ ms }) => ms)).toEqual([60_000, 3_600_000])
  })

  it('for a day is not told any more', async () => {
    await start('github')
    forge.mischief.push({ status: 500 }, { status: 500 })
    status.tell(valid)
    await expect.poll(() => rings.length, patient).toBe(1)
    nowMs += 86_400_001
    rings[0]?.run()
    await expect.poll(() => results, patient).toEqual(['retried', 'retried', 'failed'])
    rings[1]?.run()
    status.tell({ ...valid, commit: 'd'.repeat(40) })
    await expect.poll(() => results.at(-1), patient).toBe('sent')
    expect(forge.shown.map((one) => one.commit)).toEqual(['d'.repeat(40)])
  })

  it('is owed no more than a hundred words: the oldest are left out', async () => {
    await start('github')
    forge.mischief.push('reset')
    status.tell(valid)
    await expect.poll(() => rings.length, patient).toBe(1)
    for (let n = 0; n < 150; n += 1) status.tell({ ...valid, commit: n.toString(16).padStart(40, '0') })
    rings[0]?.run()
    await expect.poll(() => forge.shown.length, patient).toBe(100)
    expect(forge.shown[0]?.commit).toBe((50).toString(16).padStart(40, '0'))
    expect(results.filter((result) => result === 'failed').length).toBe(51)
  })
})

describe('a forge that refuses', () => {
  it.each([
    [401, 'is the token in commitStatus.tokenFile still valid?'],
    [403, 'may the token write commit statuses?'],
    [404, 'is commitStatus.repository right, and may the token see it?'],
    [422, 'HTTP 422'],
  ])('with %i is not asked again, and the log says what to do', async (code, advice) => {
    await start('gitea')
    forge.mischief.push({ status: code, body: '{"message":"no"}' })
    status.tell(valid)
    await settled(1)
    expect(results).toEqual(['failed'])
    expect(JSON.stringify(said)).toContain(advice)
    expect(JSON.stringify(said)).not.toContain(token)
  })

  it('gets the token that its file holds by then', async () => {
    await start('gitea')
    given = 'an old token'
    status.tell(valid)
    await settled(1)
    given = token
    status.tell(valid)
    await settled(2)
    expect(results).toEqual(['failed', 'sent'])
  })

  it('and sends us elsewhere gets no token there', async () => {
    await start('github')
    await using elsewhere = await startForge('github', token)
    forge.mischief.push({ status: 307, headers: { location: `${elsewhere.api}/repos/${repository}/statuses/${commit}` } })
    status.tell(valid)
    await expect.poll(() => rings.length, patient).toBe(1)
    expect(elsewhere.requests).toEqual([])
  })

  it('with an answer without end costs no memory', async () => {
    await start('github')
    forge.mischief.push({ status: 500, body: 'x'.repeat(5_000_000) })
    status.tell(valid)
    await expect.poll(() => rings.length, patient).toBe(1)
    expect(JSON.stringify(said).length).toBeLessThan(2000)
  })
})

it('ends at once, also in the middle of a request', async () => {
  await start('github')
  status.tell(valid)
  await status[Symbol.asyncDispose]()
  status.tell({ ...valid, state: 'failure' })
  expect(forge.shown.length).toBeLessThanOrEqual(1)
})
