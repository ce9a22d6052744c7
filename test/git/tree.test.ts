import { describe, expect, it } from 'vitest'
import { parseBatch, parseTree, siftTree } from '../../controller/git/tree.ts'
import { isManifestPath } from '../../controller/manifests/tree.ts'

// Lines as git 2.39.5 (Debian 12) prints them: git ls-tree -r -l -z
const object = 'a'.repeat(40)
const line = (path: string, mode = '100644', size = '3'): string =>
  `${mode} ${mode === '160000' ? 'commit' : 'blob'} ${object} ${size.padStart(7)}\t${path}\0`
const sift = (output: string, limits = { fileBytes: 10, totalBytes: 25, entries: 9 }): ReturnType<typeof siftTree> =>
  siftTree(parseTree(output), isManifestPath, limits)

describe('a tree is sifted by name before anything of it is read', () => {
  it.each([
    ['../etc/cron.d/x.yaml', 'the path holds ".."; rename it'],
    ['a/../../x.yaml', 'the path holds ".."; rename it'],
    ['/etc/x.yaml', 'the path holds ""; rename it'],
    ['./x.yaml', 'the path holds "."; rename it'],
    ['.git/hooks/x.yaml', 'the path holds ".git"; rename it'],
    ['a/.GIT/x.yaml', 'the path holds ".GIT"; rename it'],
    ['a\\b.yaml', 'the path holds a backslash; rename it'],
    ['a\nb.yaml', 'the path holds control characters; rename it'],
    ['a\u202eb.yaml', 'the path holds control characters; rename it'],
    ['a\ufffd.yaml', 'the path is not UTF-8; rename it'],
    [`${'x'.repeat(501)}.yaml`, 'the path is longer than 500 characters; rename it'],
  ])('%j is refused', (path, reason) => {
    expect(sift(line(path))).toEqual({ status: 'sifted', wanted: [], refused: [{ path, reason }] })
  })

  it.each([
    ['sub', '160000', '-', 'this is a submodule; nothing in it is read: put the manifests into this repository'],
    ['link.yaml', '120000', '3', 'this is a symbolic link; it is not followed: put the file itself here'],
    ['folder', '120000', '3', 'this is a symbolic link; it is not followed: put the file itself here'],
    ['huge.yaml', '100644', '11', 'the file has 11 bytes; 10 are allowed: split it into several files'],
  ])('%s of mode %s is refused', (path, mode, size, reason) => {
    expect(sift(line(path, mode, size))).toMatchObject({ wanted: [], refused: [{ path, reason }] })
  })

  it('leaves large files alone that nobody wants, and links in hidden folders', () => {
    expect(sift(line('photo.png', '100644', '999') + line('.config/link', '120000'))).toMatchObject({ wanted: [], refused: [] })
  })

  it('refuses both of two entries with one path', () => {
    expect(sift(line('a.yaml') + line('a.yaml'))).toMatchObject({ wanted: [], refused: [{ path: 'a.yaml' }, { path: 'a.yaml' }] })
  })

  it('gives up on a tree of too many files or bytes as a whole', () => {
    expect(sift(line('a.md').repeat(10))).toEqual({ status: 'failed', reason: 'the tree holds 10 files; 9 are allowed' })
    const three = ['a', 'b', 'c'].map((name) => line(`${name}.yaml`, '100644', '9')).join('')
    expect(sift(three)).toEqual({ status: 'failed', reason: 'the manifests have 27 bytes together; 25 are allowed' })
  })

  it('throws where git prints what it never does', () => {
    expect(() => parseTree('rubbish\0')).toThrow('none of its own')
  })
})

describe('the answer of cat-file is held against what was asked', () => {
  const entry = { mode: '100644', object, size: 3, path: 'a.yaml' }

  it('takes the bytes, newlines included', () => {
    expect(parseBatch(Buffer.from(`${object} blob 3\na\nb\n`), [entry])).toEqual([{ path: 'a.yaml', bytes: Buffer.from('a\nb'), object }])
  })

  it.each([[`${object} missing\n`], [`${object} blob 4\nabcd\n`], [`${object} blob 3\na`], ['']])('refuses %j', (answer) => {
    expect(() => parseBatch(Buffer.from(answer), [entry])).toThrow('git cat-file')
  })
})
