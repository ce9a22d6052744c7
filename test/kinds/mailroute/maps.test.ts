import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseAddress, parseDomain, parseLocal } from '../../../controller/kinds/mailroute/address.ts'
import type { MailData } from '../../../controller/kinds/mailroute/data.ts'
import { mapNames, mapsOf, renderMap } from '../../../controller/kinds/mailroute/maps.ts'
import { randomFrom } from '../../random.ts'

const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const rounds = process.env['REEVE_TEST_LONG'] === '1' ? 400 : 12
const folder = mkdtempSync(join(tmpdir(), 'reeve-maps-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What Postfix reads of a map, all of it: key and value by a tab; and what it says to it. */
function readBack(text: string, type = 'texthash'): { readonly held: readonly string[]; readonly said: string } {
  const file = join(folder, 'map')
  writeFileSync(file, text)
  // Of a file of this second Postfix waits for the end.
  utimesSync(file, 1, 1)
  if (type !== 'texthash') execFileSync('postmap', [`${type}:${file}`], { stdio: 'pipe' })
  const said = execFileSync('sh', ['-c', 'postmap -s "$1" 2>&1 </dev/null', 'sh', `${type}:${file}`], { encoding: 'utf8' })
  const lines = said.split('\n').filter((line) => line !== '')
  return {
    held: lines.filter((line) => !line.startsWith('postmap: ')).sort(),
    said: lines.filter((line) => line.startsWith('postmap: ')).join('\n'),
  }
}

const random = randomFrom(seed)
const dice = (sides: number): number => Math.floor(random() * sides)
const pick = <T>(all: readonly T[]): T => all[dice(all.length)] as T
const odd = [
  'a',
  'Z',
  '0',
  '.',
  '-',
  '_',
  '+',
  '=',
  "'",
  '"',
  '#',
  ' ',
  '\t',
  '\n',
  '\r',
  '\\',
  '$(id)',
  '`id`',
  '%',
  '!',
  '|',
  '/',
  ':',
  ';',
  ',',
  '@',
  '<',
  '>',
  '[',
  ']',
  '(',
  ')',
  'é',
  '漢',
  '🐧',
  '\u2028',
  '\0',
  '{',
  '}',
  '&',
  '*',
  '?',
  '^',
  '~',
]
const name = (pieces: readonly string[]): string => Array.from({ length: 1 + dice(8) }, () => pick(pieces)).join('')

/** Everything that a person can write and that is taken. */
function randomData(): MailData {
  const domains = [
    ...new Set(
      Array.from({ length: 1 + dice(4) }, () => parseDomain(`${name(['a', 'B', '1', 'é', 'ñ'])}.example`)).flatMap((read) =>
        read.ok ? [read.value] : [],
      ),
    ),
  ]
  const addresses = () =>
    Array.from({ length: dice(20) }, () => parseLocal(name(odd))).flatMap((read) => (read.ok ? [`${read.value}@${pick(domains)}`] : []))
  const hop = { text: '[192.0.2.1]:25', host: '192.0.2.1', port: 25 }
  return {
    domains: domains.map((one, index) => ({
      name: one,
      ...(index % 3 === 2 ? {} : { hop }),
      withSubdomains: dice(2) === 0,
      mode: pick(['List', 'List', 'Any', 'Verify'] as const),
      recipients: addresses().filter((address) => address.endsWith(`@${one}`)),
      tls: { level: 'may' as const },
    })),
    redirects: [...addresses(), `@${pick(domains)}`].map((from) => ({ from, to: ['x@outside.example', ...addresses()] })),
    routes: addresses().map((address) => ({ address, hop })),
  }
}

describe(`maps of random routes, by the seed ${seed}`, () => {
  test.each(Array.from({ length: rounds }, (_, index) => index))('are read by Postfix as they were meant (%i)', () => {
    const maps = mapsOf(randomData())
    for (const map of mapNames) {
      const { held, said } = readBack(renderMap(maps[map], '# Managed by Reeve\n'))
      expect({ map, said, held }).toEqual({ map, said: '', held: maps[map].map(([key, value]) => `${key}\t${value}`).sort() })
    }
  })

  test('are the same in a texthash and in a hash', () => {
    const { virtual } = mapsOf(randomData())
    const text = renderMap(virtual, '')
    expect(readBack(text, 'hash')).toEqual(readBack(text))
  })
})

describe('what would be another line, or another key', () => {
  const hostile = ['a\nb x', 'a\n b', ' a', '\ta', '#a', 'a b', 'a\u2028b', 'a\0b', 'a\r', '"a b"', 'a,b', 'a@b', 'a:b', '<a>', 'a\\']

  test.each(hostile)('%j is refused as a name, and in an address', (text) => {
    expect(parseLocal(text).ok).toBe(false)
    expect(parseAddress(`${text}@example.com`).ok).toBe(false)
  })

  test.each(hostile)('%j is refused as a domain', (text) => {
    expect(parseDomain(text).ok).toBe(false)
  })

  test.each([
    ['a b', 'x'],
    ['#a', 'x'],
    ['', 'x'],
    ['a', 'x\ny z'],
    ['a', ' x'],
    ['a', 'x  y'],
    ['a', ''],
  ])('%j with %j cannot be written at all', (key, value) => {
    expect(() => renderMap([[key, value]], '')).toThrow(/not a (key|value) of a map/)
  })

  test('Postfix would take each of them for something else (that is why)', () => {
    expect(readBack('a x\n b\n').held).toEqual(['a\tx b'])
    expect(readBack('#a x\n').held).toEqual([])
    expect(readBack('a x\nA y\n')).toMatchObject({ held: ['a\tx'], said: expect.stringContaining('duplicate entry') })
    expect(readBack('a\n')).toMatchObject({ held: [], said: expect.stringContaining('expected format') })
  })
})
