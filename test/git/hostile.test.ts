import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GitSource } from '../../controller/git/source.ts'
import { isManifestPath } from '../../controller/manifests/tree.ts'
import { createRepository, openSource, type TestRepository, temporaryFolder } from './repository.ts'

// What somebody could push who may push, and hopes that the controller runs it, follows it, or breaks of it.

let temporary: ReturnType<typeof temporaryFolder>
let repository: TestRepository
let source: GitSource
let marker: string

beforeEach(() => {
  temporary = temporaryFolder()
  repository = createRepository(join(temporary.path, 'fleet'))
  source = openSource(repository.folder, join(temporary.path, 'state'))
  marker = join(temporary.path, 'ran')
})
afterEach(async () => {
  await source[Symbol.asyncDispose]()
  temporary[Symbol.dispose]()
})

async function filesOf(commit: string): Promise<Readonly<Record<string, string>> | string> {
  const reading = await source.readTree(commit, isManifestPath)
  if (reading.status === 'failed') return reading.reason
  return Object.fromEntries(reading.tree.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]))
}

/** A tree made by hand, as git itself would not make it. Answers a commit of it. */
function planted(tree: string): string {
  const commit = repository.git('commit-tree', '-m', 'planted', tree)
  repository.git('update-ref', 'refs/heads/main', commit)
  return commit
}

describe('a repository of somebody who means harm', () => {
  it('runs no filter, no driver for differences or merges, and no macro of .gitattributes', async () => {
    const attributes = '*.yaml filter=evil diff=evil merge=evil text eol=crlf ident export-subst working-tree-encoding=UTF-16\n'
    const first = repository.commit({ '.gitattributes': '* -text\n', 'a.yaml': 'one: $Id$ $Format:%H$\n' })
    for (const [key, value] of [
      ['filter.evil.smudge', `touch ${marker}; cat`],
      ['filter.evil.clean', `touch ${marker}; cat`],
      ['filter.evil.process', `touch ${marker}`],
      ['diff.evil.textconv', `touch ${marker}; cat`],
      ['diff.evil.command', `touch ${marker}`],
      ['merge.evil.driver', `touch ${marker}`],
      ['core.fsmonitor', `touch ${marker}`],
      ['core.sshCommand', `touch ${marker}`],
      ['uploadpack.packObjectsHook', `touch ${marker}`],
    ] as const)
      repository.git('config', key, value)
    // Written past git, whose own clean filter would run here.
    const blob = (text: string) => {
      writeFileSync(join(temporary.path, 'blob'), text)
      return repository.git('hash-object', '-w', '--no-filters', join(temporary.path, 'blob'))
    }
    const index = (path: string, text: string) => repository.git('update-index', '--add', '--cacheinfo', `100644,${blob(text)},${path}`)
    index('.gitattributes', attributes)
    index('a.yaml', 'two: $Id$ $Format:%H$\n')
    const second = repository.git('commit-tree', '-p', first, '-m', 'two', repository.git('write-tree'))
    repository.git('update-ref', 'refs/heads/main', second)
    // What our own git did here with that configuration is not the question.
    rmSync(marker, { force: true })
    expect((await source.refresh()).commit).toBe(second)
    expect(await filesOf(second)).toEqual({ 'a.yaml': 'two: $Id$ $Format:%H$\n' })
    expect(await source.changedFiles(first, second)).toEqual(['.gitattributes', 'a.yaml'])
    expect(await source.history('a.yaml', second, first)).toEqual([second, first])
    expect(existsSync(marker)).toBe(false)
  })

  it('follows no submodule, whatever its address would run', async () => {
    const inner = '1'.repeat(40)
    writeFileSync(
      join(repository.folder, '.gitmodules'),
      `[submodule "x"]\n\tpath = sub\n\turl = ext::sh -c touch% ${marker}\n\tupdate = !touch ${marker}\n`,
    )
    repository.git('update-index', '--add', '--cacheinfo', `160000,${inner},sub`)
    const commit = repository.commit({ 'a.yaml': 'x' })
    expect((await source.refresh()).commit).toBe(commit)
    expect(await filesOf(commit)).toEqual({ 'a.yaml': 'x' })
    expect(existsSync(marker)).toBe(false)
  })

  it('leads nowhere by links of folders, nor by names that are one on another file system', async () => {
    symlinkSync('/etc', join(repository.folder, 'dir'))
    repository.commit({ 'a.yaml': 'x' })
    writeFileSync(join(temporary.path, 'blob'), 'y')
    const object = repository.git('hash-object', '-w', join(temporary.path, 'blob'))
    const inner = gitIn(`100644 blob ${object}\tb.yaml\n`)
    const lines = [
      `100644 blob ${object}\ta.yaml`,
      `040000 tree ${inner}\t..`,
      `040000 tree ${inner}\t.git`,
      `040000 tree ${inner}\tA.yaml`,
    ]
    const commit = planted(gitIn(`${lines.join('\n')}\n`))
    expect((await source.refresh()).commit).toBe(commit)
    const reading = await source.readTree(commit, isManifestPath)
    expect(reading.status === 'read' && reading.tree.files.map(({ path }) => path)).toEqual(['A.yaml/b.yaml', 'a.yaml'])
    expect(reading.status === 'read' && reading.tree.refused.map(({ path }) => path).sort()).toEqual(['../b.yaml', '.git/b.yaml'])
  })

  it('a tree that lists to ten thousand million files is told as such, and takes no memory', { timeout: 120_000 }, async () => {
    writeFileSync(join(temporary.path, 'blob'), 'x')
    const object = repository.git('hash-object', '-w', join(temporary.path, 'blob'))
    const name = (index: number, rest: string) => `${'n'.repeat(200)}${index}${rest}`
    let tree = gitIn(Array.from({ length: 10 }, (_, index) => `100644 blob ${object}\t${name(index, '.yaml')}\n`).join(''))
    for (let depth = 0; depth < 9; depth++)
      tree = gitIn(Array.from({ length: 10 }, (_, index) => `040000 tree ${tree}\t${name(index, '')}\n`).join(''))
    const commit = planted(tree)
    const before = process.memoryUsage().rss
    expect((await source.refresh()).head).toBe(commit)
    expect(await filesOf(commit)).toMatch(/more than 256 MiB|took longer than/)
    expect(process.memoryUsage().rss - before).toBeLessThan(1200 << 20)
  })

  it('a branch or a commit that is named as an option is none', async () => {
    repository.commit({ 'a.yaml': 'x' })
    await source.refresh()
    for (const commit of ['--output=/tmp/x', '-x', `HEAD; touch ${marker}`, 'HEAD', '@{upstream}', 'refs/heads/main'])
      expect(await source.readTree(commit, isManifestPath)).toMatchObject({
        status: 'failed',
        reason: expect.stringContaining('not a commit'),
      })
    for (const branch of ['--upload-pack=touch', '-b', 'main --exec', 'a..b', 'main^{}', 'HEAD:main'])
      expect(() => openSource(repository.folder, join(temporary.path, 'other'), { branch })).toThrow('not a branch')
  })
})

/** Makes a tree of the lines of git-mktree(1). */
function gitIn(lines: string): string {
  return execFileSync('git', ['mktree', '--missing'], { cwd: repository.folder, input: lines, encoding: 'utf8' }).trim()
}
