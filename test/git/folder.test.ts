import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readFolder } from '../../controller/git/folder.ts'
import { isReadPath } from '../../controller/manifests/tree.ts'
import { createRepository, temporaryFolder } from './repository.ts'

it('reads a folder by the rules of a commit', () => {
  using temporary = temporaryFolder()
  createRepository(join(temporary.path, 'sub'))
  for (const folder of ['hosts', '.git', '.hidden']) mkdirSync(join(temporary.path, folder))
  for (const file of ['b.yaml', 'hosts/a.yaml', '.git/x.yaml', '.hidden/x.yaml', 'sub/x.yaml', 'README.md', 'reeve.approvals.yaml'])
    writeFileSync(join(temporary.path, file), file)
  writeFileSync(join(temporary.path, 'huge.yaml'), 'x'.repeat((2 << 20) + 1))
  symlinkSync('..', join(temporary.path, 'loop'))
  execFileSync('mkfifo', [join(temporary.path, 'pipe.yaml')])
  const reading = readFolder(temporary.path, isReadPath)
  if (reading.status === 'failed') throw new Error(reading.reason)
  expect(reading.tree.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()])).toEqual([
    ['b.yaml', 'b.yaml'],
    ['hosts/a.yaml', 'hosts/a.yaml'],
    ['reeve.approvals.yaml', 'reeve.approvals.yaml'],
  ])
  expect(reading.tree.refused.map(({ path }) => path)).toEqual(['huge.yaml', 'loop', 'sub'])
})

it('says so where there is no folder', () => {
  expect(readFolder('/nowhere/at/all', isReadPath)).toMatchObject({
    status: 'failed',
    reason: expect.stringContaining('/nowhere/at/all cannot be read'),
  })
})
