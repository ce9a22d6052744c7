import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createRepository, temporaryFolder } from '../git/repository.ts'
import { freePort } from '../ssh/free-port.ts'

/** What a newer Reeve left, by who wrote it. */
const left: readonly {
  readonly name: string
  readonly file: (repository: string) => string
  readonly text?: string
  readonly says: RegExp
}[] = [
  {
    name: 'a configuration',
    file: () => '../reeve.yaml',
    text: 'version: 2\nfleet: f\n',
    says: /version: this file is of version 2, for a newer Reeve/,
  },
  { name: 'a history', file: () => 'history.sqlite', says: /history\.sqlite was written by a newer Reeve \(layout 99/ },
  {
    name: 'a commit in force',
    file: (repository) => `${createHash('sha256').update(`${repository}\nmain`).digest('hex').slice(0, 16)}.in-force`,
    text: `{"format":9,"commit":"${'0'.repeat(40)}"}`,
    says: /in-force was written by a newer Reeve \(format 9/,
  },
  {
    name: 'a mark of its life',
    file: () => 'running.json',
    text: '{"format":9}',
    says: /running\.json was written by a newer Reeve \(format 9/,
  },
]

describe('what a newer Reeve left is not touched by this one, which says so and does not start', () => {
  it.each(left)('$name', async ({ file, text, says }) => {
    using temporary = temporaryFolder()
    const repository = createRepository(join(temporary.path, 'fleet'))
    repository.commit({ 'a.yaml': '' })
    const stateDir = join(temporary.path, 'state')
    mkdirSync(stateDir)
    const config = join(temporary.path, 'reeve.yaml')
    writeFileSync(config, `fleet: f\nrepository: {url: ${repository.folder}}\nstateDir: ${stateDir}\nlisten: {port: ${await freePort()}}\n`)
    const path = join(stateDir, file(repository.folder))
    if (text === undefined) {
      using database = new DatabaseSync(path)
      database.exec('PRAGMA user_version = 99')
    } else writeFileSync(path, text)
    const before = readFileSync(path)
    const run = spawnSync('sh', [join(import.meta.dirname, '../../bin/reeve'), 'run', '--config', config], {
      encoding: 'utf8',
      timeout: 30_000,
    })
    expect(run.status).toBe(2)
    expect(run.stderr).toMatch(says)
    expect(run.stderr).not.toMatch(/^ +at /m)
    expect(readFileSync(path)).toEqual(before)
  })
})
