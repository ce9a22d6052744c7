import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createRepository, openSource, temporaryFolder } from '../git/repository.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/security.md'), 'utf8')

it('the commands of docs/security.md, as they stand, make commits that Reeve trusts', async () => {
  using temporary = temporaryFolder()
  const home = join(temporary.path, 'home')
  const etc = join(temporary.path, 'etc-reeve')
  for (const folder of [join(home, '.ssh'), etc]) mkdirSync(folder, { recursive: true })
  const repository = createRepository(join(temporary.path, 'fleet'))
  repository.commit({ 'a.yaml': 'old' })
  const environment = { PATH: process.env['PATH'], HOME: home, GIT_CONFIG_NOSYSTEM: '1' }
  const run = (script: string): string =>
    execFileSync('sh', ['-eu', '-c', script.replaceAll('/etc/reeve', etc)], { cwd: repository.folder, env: environment, encoding: 'utf8' })
  const [makeKey = 'false', trustIt = 'false', look = 'false'] = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
    (match) => match[1] ?? '',
  )
  run(makeKey)
  run(trustIt)
  writeFileSync(join(repository.folder, 'a.yaml'), 'new')
  run('git -c user.name=Ada -c user.email=ada@example.org commit --quiet --all --message "signed as the page says"')
  expect(run(look)).toMatch(/^[0-9a-f]+ G ada@example\.org signed as the page says\n[0-9a-f]+ N {2}change\n$/)
  const trust = { allowedSigners: join(etc, 'allowed_signers'), unsignedMerges: 'Refuse' as const }
  await using source = openSource(repository.folder, join(temporary.path, 'state'), { trust })
  expect(await source.refresh()).toMatchObject({ commit: repository.git('rev-parse', 'HEAD'), refused: undefined })
})
