import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GitSource } from '../../controller/git/source.ts'
import { isManifestPath } from '../../controller/manifests/tree.ts'
import { longTest } from '../longTest.ts'
import { createRepository, openSource, type TestRepository, temporaryFolder } from './repository.ts'
import { type Signer, signedCommit, sshSigner } from './signing.ts'

// Somebody who may push, and not sign: whatever it costs to look at what he pushed, what is in force can be read, also after a restart.

let temporary: ReturnType<typeof temporaryFolder>
let repository: TestRepository
let ada: Signer
let source: GitSource
let first: string

beforeEach(async () => {
  temporary = temporaryFolder()
  repository = createRepository(join(temporary.path, 'fleet'))
  ada = sshSigner(temporary.path, 'ada')
  writeFileSync(join(temporary.path, 'allowed'), `ada@example.org ${ada.publicKey}\n`)
  source = open()
  first = signedCommit(repository, ada, 'first')
  expect(await source.refresh()).toMatchObject({ commit: first, refused: undefined })
})
afterEach(async () => {
  await source[Symbol.asyncDispose]()
  temporary[Symbol.dispose]()
})

function open(): GitSource {
  const trust = { allowedSigners: join(temporary.path, 'allowed'), unsignedMerges: 'Refuse' } as const
  return openSource(repository.folder, join(temporary.path, 'state'), { trust })
}

/** Pushes a commit without a parent: the one in force stands on no branch any more. */
function pushed(subject: string): string {
  const file = join(temporary.path, 'commit')
  const tree = repository.git('rev-parse', `${first}^{tree}`)
  writeFileSync(file, `tree ${tree}\nauthor Eve <e@e> 1700000000 +0000\ncommitter Eve <e@e> 1700000000 +0000\n\n${subject}\n`)
  const commit = repository.git('hash-object', '-t', 'commit', '-w', file)
  repository.git('update-ref', 'refs/heads/main', commit)
  return commit
}

async function stillInForce(): Promise<void> {
  for (const one of [source, open()]) {
    expect((await one.refresh()).commit).toBe(first)
    expect((await one.readTree(first, isManifestPath)).status).toBe('read')
    if (one !== source) await one[Symbol.asyncDispose]()
  }
}

/** Where the copy of the repository is. */
function copy(): string {
  return execFileSync('sh', ['-c', 'echo "$1"/*.git', 'sh', join(temporary.path, 'state')], { encoding: 'utf8' }).trim()
}

describe('a commit that nobody signed', () => {
  it('with a subject of megabytes is told by its beginning', async () => {
    const commit = pushed('a'.repeat(3 << 20))
    const { refused } = await source.refresh()
    expect(refused).toMatchObject({ head: commit, reason: 'unsigned' })
    expect(refused?.commits[0]?.subject).toBe(`${'a'.repeat(299)}…`)
    expect((await source.commitInfo(commit)).subject).toHaveLength(300)
    await stillInForce()
  })

  longTest(
    'with a subject that fits into no memory is told, and the copy is left as it is',
    async () => {
      pushed('a'.repeat(257 << 20))
      expect(await source.refresh()).toMatchObject({ trouble: undefined, refused: { reason: 'unreadableSignature' } })
      await stillInForce()
    },
    280_000,
  )

  it('with a tree that lists without end is refused without listing it', async () => {
    const tree = (lines: string): string =>
      execFileSync('git', ['mktree', '--missing'], { cwd: repository.folder, input: lines, encoding: 'utf8' }).trim()
    const blob = repository.git('rev-parse', `${first}:a.yaml`)
    let bomb = tree(`100644 blob ${blob}\ta.yaml\n`)
    for (let depth = 0; depth < 12; depth++)
      bomb = tree(Array.from({ length: 10 }, (_, index) => `040000 tree ${bomb}\t${'n'.repeat(200)}${index}\n`).join(''))
    repository.git('update-ref', 'refs/heads/main', repository.git('commit-tree', '-p', first, '-m', 'bomb', bomb))
    expect(await source.refresh()).toMatchObject({ trouble: undefined, refused: { reason: 'unsigned' } })
    await stillInForce()
  })
})

describe('a copy that is made anew', () => {
  it('keeps what is in force, also where a forced push left it without a branch', async () => {
    pushed('x')
    expect(await source.refresh()).toMatchObject({ commit: first, refused: { reason: 'unsigned' } })
    rmSync(join(copy(), 'refs/reeve/head'))
    mkdirSync(join(copy(), 'refs/reeve/head'))
    writeFileSync(join(copy(), 'refs/reeve/head/in-the-way'), `${first}\n`)
    pushed('y')
    expect(await source.refresh()).toMatchObject({ trouble: undefined, refused: { reason: 'unsigned' } })
    await stillInForce()
  })

  it('is taken back where the power went between the old one and the new one', async () => {
    pushed('x')
    expect(await source.refresh()).toMatchObject({ commit: first, refused: { reason: 'unsigned' } })
    renameSync(copy(), `${copy()}.old`)
    await source[Symbol.asyncDispose]()
    source = open()
    await stillInForce()
  })

  it('is not thrown away before there is another', async () => {
    const objects = join(repository.folder, '.git/objects')
    const commit = pushed('x')
    rmSync(join(objects, commit.slice(0, 2), commit.slice(2)))
    expect((await source.refresh()).trouble).toMatchObject({ status: 'unreachable' })
    expect((await source.readTree(first, isManifestPath)).status).toBe('read')
  })
})
