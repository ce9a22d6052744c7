import { describe, expect, it } from 'vitest'
import { ownerName } from '../../../controller/kinds/zone/names.ts'
import { isProblem, readValue, type Value } from '../../../controller/kinds/zone/rdata.ts'
import { recordLines } from '../../../controller/kinds/zone/render.ts'
import { quotedStrings } from '../../../controller/kinds/zone/text.ts'
import { randomFrom } from '../../random.ts'
import { compileZone, octetsOf } from './bind.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const seed = Number(process.env['REEVE_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const random = randomFrom(seed)
const dice = (sides: number): number => Math.floor(random() * sides)
const head =
  '$TTL 60\nexample.com. 60 IN SOA ns.example.com. root.example.com. (\n1\n60 60 600 60 )\nexample.com. 60 IN NS ns.example.org.\n'

describe('text of a record is what BIND makes of it', () => {
  it('octets of any value and number come back as they were', () => {
    const values = Array.from({ length: isLong ? 3000 : 400 }, (_, index) =>
      Buffer.from(Array.from({ length: lengthAt(index) }, () => dice(256))),
    )
    const lines = values.map((bytes, index) => `t${index}.example.com. 60 IN TXT ${quotedStrings(bytes)}\n`)
    const { isGood, said, records } = compileZone('example.com', head + lines.join(''))
    expect(isGood, said).toBe(true)
    const found = new Map(records.map((line) => [line.split('.', 1)[0], line.slice(line.indexOf(' TXT ') + 5)]))
    for (const [index, bytes] of values.entries()) {
      const text = found.get(`t${index}`) ?? ''
      expect(octetsOf(text).equals(bytes), `REEVE_TEST_SEED=${seed}, ${bytes.toString('hex')} became ${text}`).toBe(true)
    }
  })

  it("a name is refused, or is BIND's own spelling of it", () => {
    const pieces = [
      'a',
      'Z',
      '0',
      '-',
      '_',
      '/',
      '*',
      '.',
      'ü',
      '漢',
      ' ',
      '"',
      ';',
      '\\',
      '(',
      '@',
      '$',
      '\n',
      '\t',
      '\0',
      'xn--',
      'a'.repeat(30),
    ]
    const written = Array.from({ length: isLong ? 20_000 : 3000 }, () =>
      Array.from({ length: 1 + dice(6) }, () => pieces[dice(pieces.length)]).join(''),
    )
    const names = [...new Set(written.flatMap((text) => accepted(ownerName(text, 'example.com.'))))]
    expect(names.length).toBeGreaterThan(100)
    const { isGood, said, records } = compileZone('example.com', head + names.map((name) => `${name} 60 IN TXT x\n`).join(''))
    expect(isGood, `REEVE_TEST_SEED=${seed} ${said}`).toBe(true)
    const owners = records.filter((line) => line.includes(' TXT ')).map((line) => line.slice(0, line.indexOf(' ')))
    expect(owners.sort(), `REEVE_TEST_SEED=${seed}`).toEqual(names.sort())
  })

  it('hostile text in any field is refused, or is one record', () => {
    const lines = Array.from({ length: isLong ? 20_000 : 3000 }, (_, index) => lineOf(`h${index}.example.com.`)).filter(
      (line) => line !== undefined,
    )
    expect(lines.length).toBeGreaterThan(200)
    const { isGood, said, records } = compileZone('example.com', head + lines.join(''), ['-k', 'ignore', '-n', 'ignore', '-i', 'none'])
    expect(isGood, `REEVE_TEST_SEED=${seed} ${said}`).toBe(true)
    expect(records.length, `REEVE_TEST_SEED=${seed}`).toBe(lines.length + 1)
  })
})

function lengthAt(index: number): number {
  return [0, 1, 254, 255, 256, 510, 511, 2000][index] ?? dice(40)
}

function accepted(name: ReturnType<typeof ownerName>): readonly string[] {
  return name.ok ? [name.value] : []
}

const nasty = [
  'a',
  'example.org.',
  '.',
  '@',
  '"',
  '\\',
  ';',
  '(',
  ')',
  '\n',
  '\r',
  '\0',
  ' ',
  '$INCLUDE /etc/passwd',
  '$ORIGIN x.',
  'é',
  '{?dns}',
  '/',
  'h2',
  ',',
  '=',
  '\x7f',
  '\u2028',
]
const text = (): string => Array.from({ length: dice(4) }, () => nasty[dice(nasty.length)]).join('')

/** By type: a value with hostile text in it. */
const shapes: Readonly<Record<string, () => Value>> = {
  A: () => `192.0.2.${text()}`,
  AAAA: () => `2001:db8::${text()}`,
  CNAME: text,
  DNAME: text,
  NS: text,
  PTR: text,
  TXT: text,
  LOC: () => `52 31 0 N 13 24 0 E 34m${text()}`,
  OPENPGPKEY: () => `AAAA${text()}`,
  TYPE731: () => `00ff${text()}`,
  MX: () => ({ preference: dice(65_536), exchange: text() }),
  SRV: () => ({ priority: 1, weight: 2, port: 3, target: text() }),
  CAA: () => ({ flags: 0, tag: 'issue', value: text() }),
  SSHFP: () => ({ algorithm: 4, fingerprintType: 1, fingerprint: `${'ab'.repeat(20)}${text()}` }),
  TLSA: () => ({ usage: 3, selector: 1, matching: 0, data: `ab${text()}` }),
  DS: () => ({ keyTag: 1, algorithm: 13, digestType: 1, digest: `${'ab'.repeat(20)}${text()}` }),
  NAPTR: () => ({
    order: 1,
    preference: 2,
    flags: 'U',
    services: text(),
    regexp: dice(2) === 0 ? text() : `!^.*$!sip:${text()}!`,
    replacement: '.',
  }),
  HTTPS: () => ({ priority: 1, target: '.', params: { alpn: `h3${text()}`, key700: text() } }),
  SVCB: () => ({ priority: 2, target: text(), params: { alpn: 'h2', dohpath: `/q{?dns}${text()}` } }),
  URI: () => ({ priority: 1, weight: 2, target: `https://x/${text()}` }),
  HINFO: () => ({ cpu: text(), os: text() }),
}

function lineOf(owner: string): string | undefined {
  const types = Object.keys(shapes)
  const type = types[dice(types.length)] ?? 'A'
  const rdata = readValue(type, shapes[type]?.() ?? '', 'example.com.')
  return isProblem(rdata) ? undefined : recordLines([{ owner, ttl: 60, type, rdata }])[0]
}
