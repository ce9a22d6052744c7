import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { MailDomain } from '../../../controller/kinds/mailroute/data.ts'
import { belowTable, mapsOf } from '../../../controller/kinds/mailroute/maps.ts'

const folder = mkdtempSync(join(tmpdir(), 'reeve-below-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hop = { text: '[192.0.2.1]:25', host: '192.0.2.1', port: 25 }
const domain = (name: string, mode: MailDomain['mode'], withSubdomains = false, recipients: readonly string[] = []): MailDomain => ({
  name,
  hop,
  mode,
  withSubdomains,
  recipients,
})
const dataOf = (...domains: readonly MailDomain[]) => ({ domains, redirects: [], routes: [] })

/** Whom Postfix itself finds in the table. */
function known(text: string, asked: readonly string[]): readonly string[] {
  const file = join(folder, 'below')
  writeFileSync(file, `# Managed by Reeve\n${text}`)
  utimesSync(file, 1, 1)
  const script = 'postmap -q - "regexp:$1" 2>&1 || :'
  const said = execFileSync('sh', ['-c', script, 'sh', file], { encoding: 'utf8', input: asked.map((one) => `${one}\n`).join('') })
  return said.split('\n').flatMap((line) => (line === '' ? [] : (line.split('\t')[0] ?? '')))
}

test('below a domain that lists nobody everybody is known, and nobody beside it', () => {
  const text = belowTable(dataOf(domain('example.com', 'Verify', true)))
  expect(
    known(text, [
      'a@sub.example.com',
      'A@x.Sub.Example.COM',
      'a@example.com',
      'a@notexample.com',
      'a@subXexample.com',
      'a@example.com.evil',
    ]),
  ).toEqual(['a@sub.example.com', 'A@x.Sub.Example.COM'])
})

test('a domain below with an entry of its own answers for itself', () => {
  const listed = [domain('one.example.com', 'List', false, ['a@one.example.com']), domain('two.example.com', 'List', true)]
  const text = belowTable(dataOf(domain('example.com', 'Any', true), ...listed, domain('open.example.com', 'Any', true)))
  const asked = ['one', 'two', 'x.two', 'x.one', 'three', 'x.open'].map((sub) => `stranger@${sub}.example.com`)
  expect(known(text, asked)).toEqual(['stranger@x.one.example.com', 'stranger@three.example.com', 'stranger@x.open.example.com'])
})

test('it is empty where users are listed, or no domain includes those below', () => {
  expect(belowTable(dataOf(domain('a.example', 'List', true), domain('b.example', 'Any'), domain('c.example', 'FromTarget')))).toBe('')
})

test('the target is asked for users below a domain, too', () => {
  expect(mapsOf(dataOf(domain('example.com', 'Verify', true))).verify.map(([key]) => key)).toEqual(['.example.com', 'example.com'])
})
