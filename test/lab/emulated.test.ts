import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, matchesGlob, relative } from 'node:path'
import { expect, it } from 'vitest'
import { emulated } from '../../vitest.lab.config.ts'

const root = join(import.meta.dirname, '../..')

/** Whether a file, or one that it runs (not one whose types it knows), starts machines in QEMU. */
function startsMachines(file: string, seen: Set<string> = new Set()): boolean {
  if (seen.has(file) || !existsSync(join(root, file))) return false
  seen.add(file)
  if (['test/lab/lab.ts', 'test/lab/demo/demo.ts'].includes(file)) return true
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^import type .*$/gm, '')
  // What is started as a program of its own is named by its path, from here or from the root.
  const paths = [...text.matchAll(/'(\.\.?\/[^']*\.ts|demo\/demo\.ts|test\/lab\/demo\/demo\.ts)'/g)].map(([, path = '']) => path)
  return paths.some((path) => startsMachines(path.startsWith('test/') ? path : relative(root, join(root, dirname(file), path)), seen))
}

it('the suites that start machines in QEMU are those that run one after another, and no others', () => {
  const all = globSync('test/**/*.lab.test.ts', { cwd: root }).sort()
  const listed = all.filter((file) => emulated.some((pattern) => matchesGlob(file, pattern)))
  expect(listed).toEqual(all.filter((file) => startsMachines(file)))
})
