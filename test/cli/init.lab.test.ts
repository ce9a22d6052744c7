import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type NativeHost, startNativeHost } from '../lab/nspawn.ts'

const folder = mkdtempSync(join(tmpdir(), 'reeve-init-'))
let host: NativeHost
beforeAll(async () => {
  host = await startNativeHost()
})
afterAll(async () => {
  await host?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function reeve(...words: readonly string[]): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const env = { PATH: process.env['PATH'], HOME: folder, NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync('sh', [join(import.meta.dirname, '../../bin/reeve'), ...words], {
    env,
    cwd: folder,
    encoding: 'utf8',
  })
  return { code: status, stdout, stderr }
}

const inFleet = (path: string) => join(folder, 'fleet', path)

it('from an empty folder a machine is kept: init, validate, commit, plan, apply, and once more nothing', async () => {
  const key = join(folder, 'own-key')
  writeFileSync(key, readFileSync(host.identityFile))
  chmodSync(key, 0o600)
  writeFileSync(join(folder, 'host.pub'), `${host.hostKey}\n`)
  const fingerprint = execFileSync('ssh-keygen', ['-lf', join(folder, 'host.pub')], { encoding: 'utf8' }).split(' ')[1] ?? ''
  const words = ['init', '--hypervisor', host.address, '--name', 'native1', '--key', key]

  const uncompared = reeve(...words)
  expect([uncompared.code, existsSync(inFleet('README.md'))]).toEqual([1, false])
  expect(uncompared.stderr).toContain(`--fingerprint ${fingerprint}`)

  const made = reeve(...words, '--fingerprint', fingerprint)
  expect(made.stderr).toContain('Next:')
  expect(made.stdout.trim().split('\n')).toEqual([
    ...['hypervisors/native1.yaml', 'README.md', '.gitignore'].map(inFleet),
    join(folder, 'reeve.yaml'),
  ])
  expect(reeve('validate', 'fleet')).toMatchObject({ code: 0, stdout: '1 manifests valid, 0 invalid, 0 findings\n' })

  const git = (...more: readonly string[]) =>
    execFileSync('git', ['-C', join(folder, 'fleet'), '-c', 'user.name=a', '-c', 'user.email=a@b', ...more], { encoding: 'utf8' })
  writeFileSync(inFleet('id_ed25519'), 'secret')
  git('add', '.')
  expect(git('ls-files').trim().split('\n').sort()).toEqual(['.gitignore', 'README.md', 'hypervisors/native1.yaml'])
  git('commit', '-qm', 'One hypervisor')
  expect(reeve('plan')).toMatchObject({ code: 1, stdout: expect.stringContaining('/etc/hello-reeve') })
  expect(reeve('apply')).toMatchObject({ code: 0, stdout: 'native1: converged\n' })
  expect(await host.must('cat /etc/hello-reeve')).toBe('This machine is kept as a Git repository says.\n')
  expect(reeve('plan').code).toBe(0)

  writeFileSync(inFleet('README.md'), 'mine')
  const again = reeve(...words, '--fingerprint', fingerprint)
  expect([again.code, readFileSync(inFleet('README.md'), 'utf8')]).toEqual([1, 'mine'])
  expect(again.stderr).toContain(`nothing was written, since this is there already: ${inFleet('hypervisors/native1.yaml')}, `)
})
