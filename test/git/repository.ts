import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createGitSource, type GitSource, type GitSourceOptions } from '../../controller/git/source.ts'
import { parseRepositoryUrl } from '../../controller/git/url.ts'
import { isManifestPath } from '../../controller/manifests/tree.ts'

/** A real repository to push to. */
export interface TestRepository {
  readonly folder: string
  /** The date that commits bear, where one is set. */
  readonly dates: { at?: string }
  git(...args: readonly string[]): string
  /** Writes files (undefined deletes) and commits them; answers the commit. */
  commit(files: Readonly<Record<string, string | Uint8Array | undefined>>, subject?: string): string
}

const identity = {
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
}

export function temporaryFolder(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'reeve-git-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export function createRepository(folder: string): TestRepository {
  const dates: { at?: string } = {}
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        ...identity,
        ...(dates.at === undefined ? {} : { GIT_AUTHOR_DATE: dates.at, GIT_COMMITTER_DATE: dates.at }),
      },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  mkdirSync(folder, { recursive: true })
  git('init', '--quiet', '--initial-branch=main')
  return {
    folder,
    dates,
    git,
    commit(files, subject = 'change') {
      for (const [path, content] of Object.entries(files)) {
        if (content === undefined) rmSync(join(folder, path), { recursive: true, force: true })
        else write(join(folder, path), content)
      }
      git('add', '--all')
      git('commit', '--quiet', '--allow-empty', '--message', subject)
      return git('rev-parse', 'HEAD')
    },
  }
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** A source of this address, with a clock that never rings by itself. */
export function openSource(address: string, stateDir: string, more: Partial<GitSourceOptions> = {}): GitSource {
  const url = parseRepositoryUrl(address)
  if (!url.ok) throw new Error(url.reason)
  return createGitSource({
    url: url.value,
    stateDir,
    branch: 'main',
    path: '.',
    pollMs: 5000,
    clock: { nowMs: () => Date.now(), after: () => () => {} },
    random: () => 0.5,
    isManifest: isManifestPath,
    environment: { PATH: process.env.PATH },
    ...more,
  })
}
