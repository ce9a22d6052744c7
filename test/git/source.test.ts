import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GitSource, GitState } from '../../controller/git/source.ts'
import { approvalsFile } from '../../controller/manifests/approvals.ts'
import { isManifestPath } from '../../controller/manifests/tree.ts'
import { createRepository, openSource, type TestRepository, temporaryFolder } from './repository.ts'

let temporary: ReturnType<typeof temporaryFolder>
let repository: TestRepository
let source: GitSource
let stateDir: string

beforeEach(() => {
  temporary = temporaryFolder()
  stateDir = join(temporary.path, 'state')
  repository = createRepository(join(temporary.path, 'fleet'))
  source = openSource(repository.folder, stateDir)
})

afterEach(async () => {
  await source[Symbol.asyncDispose]()
  temporary[Symbol.dispose]()
})

function mirrorFolder(): string {
  return join(stateDir, readdirSync(stateDir).find((name) => name.endsWith('.git')) ?? 'none')
}

/** A folder for PATH with a git that writes down what it is called for, and then is git. */
function loggedGit(folder: string) {
  const log = join(folder, 'git.log')
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(log, '')
  const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
  writeFileSync(join(bin, 'git'), `#!/bin/sh\necho "$1" >>${log}\nexec ${real} "$@"\n`, { mode: 0o755 })
  const seen = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  return {
    path: `${bin}:${process.env.PATH}`,
    seen,
    take() {
      const calls = seen()
      writeFileSync(log, '')
      return calls
    },
  }
}

async function texts(of: GitSource, commit: string): Promise<Record<string, string>> {
  const reading = await of.readTree(commit, isManifestPath, [approvalsFile])
  if (reading.status === 'failed') throw new Error(reading.reason)
  return Object.fromEntries(reading.tree.files.map((file) => [file.path, Buffer.from(file.bytes).toString()]))
}

describe('reading a commit', () => {
  it('brings over the branch and reads its manifests at that commit, not from the work tree', async () => {
    const commit = repository.commit({ 'a.yaml': 'one', 'b/c.yml': 'two', 'README.md': 'no', '.github/x.yaml': 'no', 'empty.yaml': '' })
    writeFileSync(join(repository.folder, 'a.yaml'), 'half written')
    expect((await source.refresh()).commit).toBe(commit)
    expect(await texts(source, commit)).toEqual({ 'a.yaml': 'one', 'b/c.yml': 'two', 'empty.yaml': '' })
  })

  it('is not disturbed by others that bring over the same branch into the same folder at once, as a plan beside the controller does', async () => {
    const first = repository.commit({ 'a.yaml': 'one' })
    const others = Array.from({ length: 6 }, () => openSource(repository.folder, stateDir))
    const all = [source, ...others]
    expect((await Promise.all(all.map((one) => one.refresh()))).map(({ commit }) => commit)).toEqual(all.map(() => first))
    const second = repository.commit({ 'a.yaml': 'two' })
    expect((await Promise.all(all.map((one) => one.refresh()))).map(({ commit }) => commit)).toEqual(all.map(() => second))
    expect(await texts(source, second)).toEqual({ 'a.yaml': 'two' })
    expect(readdirSync(stateDir).filter((name) => name.includes('.git-'))).toEqual([])
    await Promise.all(others.map((one) => one[Symbol.asyncDispose]()))
  })

  it('reads only the configured folder, and the approvals of the root', async () => {
    const commit = repository.commit({ 'fleet/a.yaml': 'one', 'other.yaml': 'no', 'reeve.approvals.yaml': '[]' })
    await using inFolder = openSource(repository.folder, join(temporary.path, 'state2'), { path: 'fleet' })
    await inFolder.refresh()
    expect(await texts(inFolder, commit)).toEqual({ 'fleet/a.yaml': 'one', 'reeve.approvals.yaml': '[]' })
  })

  it('survives names with quotes, blanks and shell text, and contents that are not text', async () => {
    const odd = 'it\'s "a" $(touch x) é.yaml'
    const commit = repository.commit({ [odd]: Buffer.from([0, 255, 10, 0]), ':(glob)*.yaml': 'literal' })
    await source.refresh()
    const reading = await source.readTree(commit, isManifestPath)
    const files = reading.status === 'read' ? new Map(reading.tree.files.map((file) => [file.path, [...file.bytes]])) : undefined
    expect(files?.get(odd)).toEqual([0, 255, 10, 0])
    expect(Buffer.from((await source.readFile(commit, ':(glob)*.yaml')) ?? []).toString()).toBe('literal')
  })

  it('refuses symbolic links, submodules and files over two mebibytes by name, and reads the rest', async () => {
    symlinkSync('/etc/passwd', join(repository.folder, 'link.yaml'))
    const inner = createRepository(join(temporary.path, 'inner'))
    const pinned = inner.commit({ 'x.yaml': 'x' })
    repository.git('update-index', '--add', '--cacheinfo', `160000,${pinned},sub`)
    writeFileSync(join(repository.folder, 'huge.yaml'), 'x'.repeat((2 << 20) + 1))
    writeFileSync(join(repository.folder, 'ok.yaml'), 'ok')
    repository.git('add', 'link.yaml', 'huge.yaml', 'ok.yaml')
    repository.git('commit', '--quiet', '--message', 'odd')
    const commit = repository.git('rev-parse', 'HEAD')
    await source.refresh()
    const reading = await source.readTree(commit, isManifestPath)
    expect(reading.status === 'read' && reading.tree.files.map((file) => file.path)).toEqual(['ok.yaml'])
    expect(reading.status === 'read' && reading.tree.refused).toEqual([
      { path: 'huge.yaml', reason: 'the file has 2097153 bytes; 2097152 are allowed: split it into several files' },
      { path: 'link.yaml', reason: 'this is a symbolic link; it is not followed: put the file itself here' },
      { path: 'sub', reason: 'this is a submodule; nothing in it is read: put the manifests into this repository' },
    ])
  })

  it('tells author, subject, changed files, ancestry and the history of one file', async () => {
    const first = repository.commit({ 'a.yaml': '1' }, 'begin')
    const second = repository.commit({ 'b.yaml': '1' }, 'b')
    const third = repository.commit({ 'a.yaml': '2' }, 'move "a"')
    await source.refresh()
    expect(await source.commitInfo(third)).toMatchObject({ author: 'Ada', email: 'ada@example.org', subject: 'move "a"' })
    expect(await source.changedFiles(first, third)).toEqual(['a.yaml', 'b.yaml'])
    expect([
      await source.isAncestor(first, third),
      await source.isAncestor(third, first),
      await source.isAncestor('0'.repeat(40), third),
    ]).toEqual([true, false, false])
    expect(await source.history('a.yaml', third, second)).toEqual([third, second])
    expect(await source.history('a.yaml', third, '0'.repeat(40))).toEqual([])
    expect(await source.readFile(second, 'b.yaml')).toEqual(Buffer.from('1'))
    expect(await source.readFile(first, 'b.yaml')).toBeUndefined()
  })

  it('runs no hook and follows no configuration of the repository or of the user', async () => {
    const marker = join(temporary.path, 'ran')
    for (const hook of ['post-checkout', 'pre-push', 'reference-transaction', 'post-update'])
      writeFileSync(join(repository.folder, '.git/hooks', hook), `#!/bin/sh\ntouch ${marker}-remote\n`, { mode: 0o755 })
    const commit = repository.commit({ 'a.yaml': '1' })
    rmSync(`${marker}-remote`, { force: true })
    await source.refresh()
    for (const hook of ['reference-transaction', 'post-checkout'])
      writeFileSync(join(mirrorFolder(), 'hooks', hook), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 })
    const next = repository.commit({ 'a.yaml': '2' })
    expect((await source.refresh()).commit).toBe(next)
    expect(() => statSync(marker)).toThrow()
    expect(await source.isAncestor(commit, next)).toBe(true)
  })
})

describe('trouble is a value', () => {
  it('keeps the last commit while the repository cannot be reached, and says since when', async () => {
    const commit = repository.commit({ 'a.yaml': '1' })
    await source.refresh()
    renameSync(repository.folder, `${repository.folder}.away`)
    const away = await source.refresh()
    expect(away).toMatchObject({ commit, trouble: { status: 'unreachable' } })
    const later = await source.refresh()
    expect(later.trouble?.sinceMs).toBe(away.trouble?.sinceMs)
    renameSync(`${repository.folder}.away`, repository.folder)
    expect(await source.refresh()).toMatchObject({ commit, trouble: undefined })
  })

  it('keeps the last commit when the branch is gone', async () => {
    const commit = repository.commit({ 'a.yaml': '1' })
    await source.refresh()
    repository.git('branch', '--move', 'main', 'trunk')
    expect(await source.refresh()).toMatchObject({ commit, trouble: { status: 'branchMissing', branch: 'main' } })
  })

  it('brings over what was pushed without asking first, and asks where nobody told', async () => {
    repository.commit({ 'a.yaml': '1' })
    const calls = loggedGit(temporary.path)
    await using told = openSource(repository.folder, join(temporary.path, 'told'), { environment: { PATH: calls.path } })
    await told.refresh()
    const commit = repository.commit({ 'a.yaml': '2' })
    calls.take()
    expect((await told.refresh('pushed')).commit).toBe(commit)
    const [first, ...more] = calls.take()
    expect([first, more.includes('ls-remote'), more.includes('fetch')]).toEqual(['fetch', false, false])
    expect((await told.refresh()).commit).toBe(commit)
    expect(calls.take()).toEqual(['ls-remote'])
  })

  it('one of many askers who was told of a push is enough for the run that they share', async () => {
    repository.commit({ 'a.yaml': '1' })
    const calls = loggedGit(temporary.path)
    await using told = openSource(repository.folder, join(temporary.path, 'told'), { environment: { PATH: calls.path } })
    const running = told.refresh()
    // The first is on its way, and knows nothing of what comes now.
    await expect.poll(() => calls.seen().length).toBeGreaterThan(0)
    const commit = repository.commit({ 'a.yaml': '2' })
    await Promise.all([running, told.refresh(), told.refresh('pushed'), told.refresh()])
    expect(told.state.commit).toBe(commit)
    expect(calls.take().filter((name) => name === 'ls-remote')).toHaveLength(1)
  })

  it.each([
    ['the branch is gone', () => repository.git('branch', '--move', 'main', 'trunk'), 'branchMissing'],
    ['the repository is gone', () => renameSync(repository.folder, `${repository.folder}-gone`), 'unreachable'],
  ])('somebody who tells of a push where %s harms nothing', async (_, harm, status) => {
    const commit = repository.commit({ 'a.yaml': '1' })
    await source.refresh()
    harm()
    expect(await source.refresh('pushed')).toMatchObject({ commit, trouble: { status } })
    expect(await texts(source, commit)).toEqual({ 'a.yaml': '1' })
  })

  it('tidies its copy a while after a fetch, and at its end where it had no time to: no commit waits for it', async () => {
    repository.commit({ 'a.yaml': '1' })
    const calls = loggedGit(temporary.path)
    const rings: (() => void)[] = []
    const after = (_: number, run: () => void) => {
      rings.push(run)
      return () => {}
    }
    const clock = { nowMs: () => Date.now(), after }
    const one = openSource(repository.folder, join(temporary.path, 'told'), { environment: { PATH: calls.path }, clock })
    await one.refresh()
    repository.commit({ 'a.yaml': '2' })
    await one.refresh()
    expect([calls.take().includes('gc'), rings.length]).toEqual([false, 1])
    rings[0]?.()
    await expect.poll(() => calls.seen()).toEqual(['gc'])
    repository.commit({ 'a.yaml': '3' })
    await one.refresh()
    calls.take()
    await one[Symbol.asyncDispose]()
    expect(calls.take()).toEqual(['gc'])
  })

  it('makes a broken copy anew', async () => {
    const commit = repository.commit({ 'a.yaml': '1' })
    await source.refresh()
    rmSync(join(mirrorFolder(), 'objects'), { recursive: true })
    expect(await texts(source, commit)).toEqual({ 'a.yaml': '1' })
    writeFileSync(join(mirrorFolder(), 'HEAD'), 'rubbish')
    const next = repository.commit({ 'a.yaml': '2' })
    expect((await source.refresh()).commit).toBe(next)
    expect(await texts(source, next)).toEqual({ 'a.yaml': '2' })
  })

  it('says so when a tree cannot be read whole', async () => {
    repository.commit({ 'a.yaml': '1' })
    await source.refresh()
    expect(await source.readTree('0'.repeat(40), isManifestPath)).toMatchObject({ status: 'failed' })
  })
})

describe('noticing a commit', () => {
  it('hears of a commit in a repository on this machine without asking', async () => {
    repository.commit({ 'a.yaml': '1' })
    const heard: GitState[] = []
    let ring: (state: GitState) => void = () => {}
    await source.start((state) => {
      heard.push(state)
      ring(state)
    })
    expect(heard).toHaveLength(1)
    const next = new Promise<GitState>((done) => {
      ring = done
    })
    const commit = repository.commit({ 'a.yaml': '2' })
    expect((await next).commit).toBe(commit)
  })

  it('ended in the moment when it begins to watch, it watches no longer: nothing holds the process', async () => {
    repository.commit({ 'a.yaml': '1' })
    const watchers = () => process.getActiveResourcesInfo().filter((name) => name === 'FSEventWrap').length
    const before = watchers()
    const ended = new Promise<void>((resolve) => {
      const started = source.start(
        () =>
          void setImmediate(() =>
            source[Symbol.asyncDispose]()
              .then(() => started)
              .then(resolve),
          ),
      )
    })
    await ended
    await expect.poll(watchers).toBe(before)
  })

  it('hears of a push to a branch whose name has a slash in a bare repository', async () => {
    repository.commit({ 'a.yaml': '1' })
    repository.git('branch', 'site/fsn')
    const bare = join(temporary.path, 'bare.git')
    repository.git('clone', '--quiet', '--bare', repository.folder, bare)
    await using watched = openSource(bare, join(temporary.path, 'state2'), { branch: 'site/fsn' })
    let ring: (state: GitState) => void = () => {}
    await watched.start((state) => ring(state))
    const next = new Promise<GitState>((done) => {
      ring = done
    })
    const commit = repository.commit({ 'a.yaml': '2' })
    repository.git('push', '--quiet', bare, 'HEAD:site/fsn')
    expect((await next).commit).toBe(commit)
  })

  it('asks with jitter, and ever more rarely while nobody answers', async () => {
    const pauses: number[] = []
    let ring: () => void = () => {}
    const clock = {
      nowMs: () => 0,
      after: (delayMs: number, run: () => void) => {
        pauses.push(delayMs)
        ring = run
        return () => {}
      },
    }
    await using lost = openSource(join(temporary.path, 'nowhere'), join(temporary.path, 'state3'), { clock, random: () => 0 })
    let told = 0
    await lost.start(() => told++)
    for (let rung = 0; rung < 7; rung++) {
      const count = pauses.length
      ring()
      while (pauses.length === count) await new Promise((done) => setImmediate(done))
    }
    expect(pauses).toEqual([9000, 18_000, 36_000, 72_000, 144_000, 270_000, 270_000, 270_000])
    // Each time: an alert with a grace needs to hear that the trouble lasts.
    expect(told).toBe(pauses.length)
  })

  it('shares one question among all who ask during a run', async () => {
    repository.commit({ 'a.yaml': '1' })
    const [first, second, third] = [source.refresh(), source.refresh(), source.refresh()]
    expect(second).toBe(first)
    expect(third).toBe(second)
    await first
  })

  it('writes its configuration for nobody else to read', async () => {
    repository.commit({ 'a.yaml': '1' })
    await source.refresh()
    expect(statSync(join(stateDir, 'gitconfig')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(stateDir, 'gitconfig'), 'utf8')).toContain('allow = never')
  })
})
