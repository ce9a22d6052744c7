import { execFileSync } from 'node:child_process'
import { mkdtempSync, openSync, readSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { deepBytes, readSuperblock, superblockBytes } from '../../controller/primitives/filesystem/superblock.ts'

const folder = mkdtempSync(join(tmpdir(), 'reeve-superblock-'))
afterAll(() => rmSync(folder, { recursive: true }))

const mib = 1n << 20n

function image(name: string, size: bigint, type: string, ...args: readonly string[]): string {
  const file = join(folder, name)
  writeFileSync(file, '')
  truncateSync(file, Number(size))
  execFileSync('mke2fs', ['-q', '-F', '-t', type, ...args, file], { stdio: 'pipe' })
  return file
}

function start(file: string, length = superblockBytes): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(openSync(file, 'r'), bytes, 0, bytes.length, 0)
  return bytes
}

describe('the header of a swap area that mkswap wrote', () => {
  test.each([
    [4n, ''],
    [40n, 'fifteen-letters'],
  ])('of %d MiB is read with its label and size, from enough bytes', (size, label) => {
    const file = join(folder, 'swap')
    writeFileSync(file, '', { mode: 0o600 })
    truncateSync(file, Number(size * mib))
    execFileSync('mkswap', [...(label === '' ? [] : ['-L', label]), '-U', '360b57f6-3c52-4c11-9d3a-2f7f0ad1c0de', file], { stdio: 'pipe' })
    const found = readSuperblock(start(file, deepBytes))
    expect(found).toMatchObject({ format: 'swap', label, uuid: '360b57f6-3c52-4c11-9d3a-2f7f0ad1c0de', sizeBytes: size * mib })
    expect(found?.fullBytes(size * mib + 4097n)).toBe(size * mib + 4096n)
    expect(readSuperblock(start(file))).toBeUndefined()
  })
})

const blocksOf = (file: string) => {
  const text = execFileSync('dumpe2fs', ['-h', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const number = (name: string) => BigInt(new RegExp(`^${name}: +(\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  return number('Block count') * number('Block size')
}

describe('a superblock that mke2fs wrote', () => {
  test.each<[string, bigint, readonly string[]]>([
    ['ext2', 16n * mib, []],
    ['ext3', 32n * mib, []],
    ['ext4', 64n * mib, []],
    ['ext4', 900n * mib, ['-L', 'sixteen-letters.']],
    ['ext4', 64n * mib, ['-O', '64bit', '-b', '4096']],
    ['ext4', 64n * mib, ['-b', '1024', '-I', '128']],
  ])('%s of %d bytes %j is read with its type, label and size', (type, size, args) => {
    const file = image('made', size, type, ...args)
    const found = readSuperblock(start(file))
    expect(found).toMatchObject({ format: type, label: args[0] === '-L' ? args[1] : '', sizeBytes: blocksOf(file) })
    expect(found?.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })

  // Each size lies around the end of a block group, where the tools leave a rest unused.
  test.each(
    [1, 2, 4, 6, 7, 8, 9, 12, 64].flatMap((more): [number, string][] => [
      [128 + more, '4096'],
      [16 + more, '1024'],
    ]),
  )('is never expected to grow further than resize2fs grows it: %d MiB in blocks of %s', (size, block) => {
    const before = block === '4096' ? 120n * mib : 12n * mib
    const file = image('grown', before, 'ext4', '-b', block)
    truncateSync(file, size * Number(mib))
    const expected = readSuperblock(start(file))?.fullBytes(BigInt(size) * mib) ?? 0n
    execFileSync('resize2fs', ['-f', file], { stdio: 'pipe' })
    const grown = readSuperblock(start(file))
    expect(grown?.sizeBytes).toBe(blocksOf(file))
    expect(expected).toBeLessThanOrEqual(grown?.sizeBytes ?? 0n)
    expect(grown?.fullBytes(BigInt(size) * mib)).toBeLessThanOrEqual(grown?.sizeBytes ?? 0n)
    expect(BigInt(size) * mib - expected).toBeLessThan(10n * mib)
  })
})

test.each<[string, Buffer]>([
  ['zeros', Buffer.alloc(superblockBytes)],
  ['a cut one', Buffer.alloc(1400, 'XFSB')],
  ['text', Buffer.alloc(superblockBytes, 'raw data ')],
])('%s is no superblock', (_, bytes) => {
  expect(readSuperblock(bytes)).toBeUndefined()
})

test('a superblock full of nonsense is read without a crash', () => {
  const bytes = Buffer.alloc(superblockBytes)
  bytes.writeUInt16LE(0xef53, 1024 + 0x38)
  expect(readSuperblock(bytes)?.fullBytes(1n << 40n)).toBe(0n)
  const xfs = Buffer.alloc(superblockBytes)
  xfs.write('XFSB')
  expect(readSuperblock(xfs)?.fullBytes(1n << 40n)).toBe(0n)
})
