import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createRepository, openSource, temporaryFolder } from './repository.ts'
import { signedCommit, sshSigner } from './signing.ts'

/** The long run checks as many as a range may be thought to hold; the usual one shows that they are checked in parts. */
const count = process.env['REEVE_TEST_LONG'] === '1' ? 10_000 : 205

it(`checks each of ${count} commits that came at once, and finds the one without a signature`, { timeout: 900_000 }, async () => {
  using temporary = temporaryFolder()
  const repository = createRepository(join(temporary.path, 'fleet'))
  const ada = sshSigner(temporary.path, 'ada')
  const allowedSigners = join(temporary.path, 'allowed_signers')
  writeFileSync(allowedSigners, `ada@example.org ${ada.publicKey}\n`)
  const trust = { allowedSigners, unsignedMerges: 'Refuse' as const }
  await using source = openSource(repository.folder, join(temporary.path, 'state'), { trust })
  const first = signedCommit(repository, ada, 'first')
  await source.refresh()
  const many = [
    '-c',
    `for i in $(seq ${count}); do sign=-S; test $i = 203 && sign=--no-gpg-sign; git "$@" commit -q --allow-empty $sign -m "commit $i"; done`,
  ]
  const identity = { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'a@b', GIT_COMMITTER_NAME: 'Ada', GIT_COMMITTER_EMAIL: 'a@b' }
  execFileSync('sh', [...many, 'sh', ...ada.options], { cwd: repository.folder, env: { PATH: process.env['PATH'], ...identity } })
  const began = performance.now()
  const { commit, refused } = await source.refresh()
  const seconds = (performance.now() - began) / 1000
  expect(commit).toBe(first)
  expect(refused?.commits.map(({ subject }) => subject)).toEqual(['commit 203'])
  console.log(`${count} commits were fetched and checked in ${seconds.toFixed(1)} s, ${((seconds / count) * 1000).toFixed(1)} ms each`)
})
