import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRepository, temporaryFolder } from '../git/repository.ts'
import { undescribed } from '../http/described.ts'
import { type ControllerProcess, startController } from '../lab/demo/controller.ts'
import { makeKey } from '../ssh/sshd.ts'

/** Nobody listens there: a hypervisor that is down is enough to talk about. */
const manifest = `apiVersion: reeve.dev/v1
kind: Hypervisor
metadata: {name: he1}
spec:
  address: 127.0.0.1
  ports: [1]
  hostKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFz8Gq0O7zqkC1yLwFyG0cH6h0m2Sx0rQ1J1t6Hc0dEX]
`
const temporary = temporaryFolder()
let controller: ControllerProcess
let commit: string

beforeAll(async () => {
  const repository = createRepository(join(temporary.path, 'fleet'))
  commit = repository.commit({ 'he1.yaml': manifest }, 'One hypervisor')
  const folder = join(temporary.path, 'run')
  mkdirSync(folder)
  makeKey(join(folder, 'key'), 'ed25519')
  controller = await startController({
    folder,
    repositoryUrl: repository.folder,
    identityFile: join(folder, 'key'),
    smtpPort: 1,
    resync: '3600s',
    more: { api: { tokensFile: join(folder, 'tokens') } },
    onRecord() {},
  })
})
afterAll(async () => {
  await controller?.[Symbol.asyncDispose]()
  temporary[Symbol.dispose]()
})

function reeve(...words: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const argv = [join(import.meta.dirname, '../../bin/reeve'), ...words, '--config', controller.configFile]
  return spawnSync('sh', argv, { encoding: 'utf8', env: { ...process.env, SUDO_USER: 'ann', NO_COLOR: '1' } })
}

async function answered(method: string, path: string, body?: object, token?: string): Promise<number> {
  const headers = { ...(body ? { 'content-type': 'application/json' } : {}), ...(token ? { authorization: `Bearer ${token}` } : {}) }
  const answer = await fetch(`${controller.url}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
  expect([path, ...undescribed(method, path, answer.status, await answer.json())]).toEqual([path])
  return answer.status
}

it('a day with the running controller: suspend, silence, resume, a token, and what the history and the API say of it', async () => {
  await expect.poll(() => reeve('status').stdout, { timeout: 30_000, interval: 500 }).toContain('down')
  expect(reeve('suspend', 'he1', '--for', '2h', '--reason', 'a new disk')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^he1 is suspended until .* UTC: nothing is being changed there now; to end it: reeve resume he1\n$/),
  })
  const status = reeve('status', 'he1')
  expect([status.status, status.stdout]).toEqual([1, expect.stringMatching(/^suspended he1: a new disk \(ann, until /m)])
  expect(await (await fetch(`${controller.url}/metrics`)).text()).toContain('reeve_hypervisor_suspended{hypervisor="he1"} 1')

  const silence = /silence ([0-9a-f]{8}):/.exec(reeve('silence', '--hypervisor', 'he1', '--reason', 'x').stdout)?.[1] ?? ''
  expect(await answered('GET', '/api/v1/status')).toBe(200)
  expect(reeve('silence', '--end', silence)).toMatchObject({ status: 0 })

  const token = reeve('token', 'create', 'ci').stdout.trim()
  expect(await answered('POST', '/api/v1/reconcile', {})).toBe(401)
  expect(await answered('POST', '/api/v1/reconcile', {}, token)).toBe(202)
  expect(await answered('POST', '/api/v1/resume', { hypervisor: 'he2' }, token)).toBe(409)
  expect(reeve('resume', 'he1')).toMatchObject({ status: 0, stdout: 'he1 is resumed, and looked at now\n' })
  expect(reeve('resume', 'he1').status).toBe(1)

  expect(await answered('GET', '/api/v1/history?limit=100')).toBe(200)
  const told = reeve('history').stdout
  expect(told).toMatch(/suspension {2}he1 {2}suspended until .* UTC by ann: a new disk\n/)
  expect(told).toMatch(/suspension {2}he1 {2}resumed by ann: was: a new disk \(ann\)\n/)
  expect(told).toMatch(/command {5}every hypervisor {2}reconcile by token ci\n/)
  expect(reeve('history', '--commit', commit.slice(0, 12)).stdout).toMatch(
    /commit {6}[0-9a-f]{12} {2}.*: One hypervisor\nit changed nothing on any host\n$/,
  )
  expect(JSON.parse(reeve('history', '--sort', 'suspension', '--json').stdout).entries).toHaveLength(2)
  expect((await fetch(`${controller.url}/`)).headers.get('content-security-policy')).toContain("default-src 'none'")
}, 120_000)
