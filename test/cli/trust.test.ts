import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRepository, type TestRepository, temporaryFolder } from '../git/repository.ts'
import { type Signer, signedCommit, sshSigner } from '../git/signing.ts'
import { type ShownStatus, startForge, repository as statusRepository, type TestForge } from '../http/forge.ts'
import { createApi } from '../lab/demo/api.ts'
import { type ControllerProcess, startController } from '../lab/demo/controller.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'

/** Nobody listens there: what the fleet holds does not matter here. */
const manifest = `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec:
  address: 127.0.0.1
  ports: [1]
  hostKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFz8Gq0O7zqkC1yLwFyG0cH6h0m2Sx0rQ1J1t6Hc0dEX]
`

const temporary = temporaryFolder()
let repository: TestRepository
let ada: Signer
let first: string
let catcher: SmtpCatcher
let forge: TestForge
let controller: ControllerProcess
const token = 'status-token-1f7d'

/** What stands beside a commit. */
function shownOf(commit: string): readonly ShownStatus[] {
  return forge.shown.filter((status) => status.commit === commit)
}

function reeve(...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const words = [join(import.meta.dirname, '../../bin/reeve'), ...args, '--config', controller.configFile]
  return spawnSync('sh', words, { encoding: 'utf8' })
}

beforeAll(async () => {
  repository = createRepository(join(temporary.path, 'fleet'))
  const keys = join(temporary.path, 'keys')
  mkdirSync(keys)
  ada = sshSigner(keys, 'ada')
  const allowedSigners = join(keys, 'allowed_signers')
  writeFileSync(allowedSigners, `ada@example.org ${ada.publicKey}\n`)
  repository.commit({ 'he1.yaml': manifest })
  first = signedCommit(repository, ada, '')
  catcher = await startSmtpCatcher()
  const folder = join(temporary.path, 'run')
  mkdirSync(folder)
  forge = await startForge('github', token)
  const tokenFile = join(folder, 'forge-token')
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 })
  controller = await startController({
    folder,
    repositoryUrl: repository.folder,
    identityFile: join(keys, 'ada'),
    smtpPort: catcher.port,
    resync: '3600s',
    more: {
      repository: { url: repository.folder, pollInterval: '1s', trust: { allowedSigners } },
      commitStatus: { provider: 'github', api: forge.api, repository: statusRepository, tokenFile },
    },
    onRecord() {},
  })
})

afterAll(async () => {
  await controller[Symbol.asyncDispose]()
  await catcher[Symbol.asyncDispose]()
  await forge[Symbol.asyncDispose]()
  temporary[Symbol.dispose]()
})

describe('a running controller that trusts signers', { timeout: 180_000 }, () => {
  it('stays at the commit in force, says why in status, metrics and one mail, and what to do', async () => {
    const api = createApi(controller.url)
    await expect.poll(async () => (await api.status()).commit?.hash, { timeout: 60_000 }).toBe(first)
    repository.git('checkout', '--quiet', '-b', 'side')
    const bad = repository.commit({ 'he1.yaml': manifest.replace('ports: [1]', 'ports: [2]') }, 'no signature')
    repository.git('checkout', '--quiet', 'main')
    repository.git(...ada.options, 'merge', '--quiet', '-S', '--no-ff', '--no-edit', 'side')
    const head = repository.git('rev-parse', 'HEAD')
    await expect.poll(async () => (await api.status()).refused?.head, { timeout: 60_000 }).toBe(head)
    expect((await api.status()).commit?.hash).toBe(first)
    expect(reeve('status')).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(
        `refused commits up to ${head.slice(0, 12)}: commit ${bad.slice(0, 12)} is not trusted: it is not signed`,
      ),
    })
    const mail = await catcher.waitFor((one) => one.headers['subject'] === '[reeve] commits refused: one is not signed', 60_000)
    expect(mail.body).toContain(`${bad} by Ada:`)
    expect(mail.body).toContain(`In force:  ${first.slice(0, 12)}`)
    const metrics = await (await fetch(`${controller.url}/metrics`)).text()
    expect(metrics).toMatch(/^reeve_git_head_refused 1$/m)
    expect(metrics).toMatch(/^reeve_git_verify_failures_total\{reason="unsigned"\} 1$/m)
    const description = `not let in: ${bad.slice(0, 12)}: not signed; sign again, or take off the branch (reeve status)`
    await expect.poll(() => shownOf(head), { timeout: 60_000 }).toMatchObject([{ name: 'reeve/apply', state: 'failure', description }])
  })

  it('applies no such commit by hand either, and plans it with a word of warning', () => {
    const bad = repository.git('rev-parse', 'side')
    expect(reeve('apply', '--ref', bad)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/commit [0-9a-f]{12} is not trusted: it is not signed; nothing of it is applied/),
    })
    expect(reeve('plan', '--ref', bad).stderr).toContain('this commit would not be applied')
    expect(reeve('plan').stderr).toMatch(/what follows is about [0-9a-f]{12}, which is in force/)
  })

  it('goes on, and says that it is over, when the branch is mended; a rewritten one needs consent, which is given once', async () => {
    const api = createApi(controller.url)
    repository.git('reset', '--quiet', '--hard', first)
    const second = signedCommit(repository, ada, 'second: 2')
    await expect.poll(async () => (await api.status()).commit?.hash, { timeout: 60_000 }).toBe(second)
    expect((await api.status()).refused).toBeNull()
    await catcher.waitFor((one) => one.headers['subject'] === '[reeve] resolved: commits refused: one is not signed', 60_000)
    repository.git('reset', '--quiet', '--hard', first)
    await expect.poll(async () => (await api.status()).refused?.reason, { timeout: 60_000 }).toBe('older')
    const { refused } = await api.status()
    const description = `not let in: the branch went back, to an older commit than ${second.slice(0, 12)}; reeve approve ${refused?.approval}, or push the old branch again`
    await expect.poll(() => shownOf(first).at(-1), { timeout: 60_000 }).toMatchObject({ state: 'failure', description })
    expect(reeve('approve', '0123456789ab').status).toBe(1)
    expect(reeve('approve', refused?.approval ?? '')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('the branch is looked at again'),
    })
    await expect.poll(async () => (await api.status()).commit?.hash, { timeout: 60_000 }).toBe(first)
    const log = execFileSync('cat', [controller.logFile], { encoding: 'utf8' })
    expect(log).toContain(`the branch went back to ${first.slice(0, 12)}, which is older than ${second.slice(0, 12)} in force`)
  })
})
