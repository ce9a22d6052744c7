import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { noPeers, type Primitive } from '../../../controller/model/primitive.ts'
import { nftTablePrimitive } from '../../../controller/primitives/nftTable/index.ts'
import { parseListing } from '../../../controller/primitives/nftTable/listing.ts'
import type { NftState } from '../../../controller/primitives/nftTable/probe.ts'
import { renderTable } from '../../../controller/primitives/nftTable/render.ts'
import { type NftRule, type NftTableSpec, nftTable, nftTableId } from '../../../controller/primitives/nftTable/spec.ts'
import { mainWith, tableOf } from '../../kinds/firewall/fleet.ts'

const primitive = nftTablePrimitive as unknown as Primitive<NftTableSpec, NftState>
const confirm = { withinMs: 30_000, probes: [] }
const accept: NftRule = { name: 'r', chain: 'input', matches: [], action: { do: 'accept' } }
const table = (rule: Partial<NftRule>, name = 'main') => nftTable({ name, order: 100, sets: [], rules: [{ ...accept, ...rule }] }, confirm)
const main = tableOf(mainWith('policy: {input: drop}\nconfirm: {timeout: 20s, tcp: ["192.0.2.1:443", "[2001:db8::1]:80"]}'))
const context = { fleet: 'prod', owners: ['Firewall/main'], last: undefined, staged: [], observed: () => undefined, peers: noPeers }

/** What could end a word, a string, a line or a block of nft, or be more than it seems. */
const hostile = [
  '',
  '"',
  '";',
  'a"b',
  "a'b",
  'a b',
  'a\nb',
  'a\tb',
  '}',
  '{',
  'a;b',
  '#a',
  '$(id)',
  '`id`',
  '$a',
  '\\',
  'a\\',
  '@a',
  '*',
  '-a',
  'ä',
  '\0',
  'a\u2028b',
  'x'.repeat(300),
]

describe('text of nft', () => {
  it.each(hostile.map((text) => [JSON.stringify(text), text]))('never holds %s as a name, an address or an interface', (_, text) => {
    const specs: readonly NftTableSpec[] = [
      table({ name: text }),
      table({}, text),
      table({ matches: [{ on: 'interface', direction: 'in', names: [text] }] }),
      table({ matches: [{ on: 'address', side: 'source', family: 'ip', values: [text] }] }),
      table({ matches: [{ on: 'set', side: 'source', family: 'ip', set: text }] }),
      table({ matches: [{ on: 'portSet', side: 'source', protocols: ['tcp'], set: text }] }),
      table({ matches: [{ on: 'state', states: [text as 'new'] }] }),
      table({ matches: [{ on: 'limit', rate: text, burst: 1 }] }),
      table({ action: { do: 'dnat', family: 'ip', to: text } }),
      table({ action: { do: 'log', prefix: 'x', level: text } }),
      nftTable({ name: 'main', order: 1, sets: [{ name: text, holds: 'ip', elements: [], autoMerge: false }], rules: [] }, confirm),
      nftTable({ name: 'main', order: 1, sets: [{ name: 's', holds: 'port', elements: [text], autoMerge: false }], rules: [] }, confirm),
      nftTable({ name: 'main', order: 1, sets: [{ name: 's', holds: 'ip', elements: [text], autoMerge: false }], rules: [] }, confirm),
    ]
    for (const spec of specs) expect(() => renderTable(spec, 'prod')).toThrow(/for nft/)
    expect(() => renderTable(table({}), text)).toThrow(/for nft/)
  })

  it.each(['', '"', 'a"b', '$a', '\\', 'a\nb', 'ä', 'x'.repeat(128)].map((text) => [JSON.stringify(text), text]))(
    'never holds %s as a log prefix',
    (_, text) => {
      expect(() => renderTable(table({ action: { do: 'log', prefix: text, level: 'info' } }), 'prod')).toThrow(/log prefix/)
    },
  )

  it.each([0, -1, 65_536, 1.5, Number.NaN])('never holds %s as a port', (port) => {
    const matches: NftRule['matches'] = [{ on: 'port', side: 'destination', protocols: ['tcp'], ranges: [[port, 80]] }]
    expect(() => renderTable(table({ matches }), 'prod')).toThrow(/not a number/)
    const elements = [String(port)]
    const set = nftTable({ name: 'main', order: 1, sets: [{ name: 's', holds: 'port', elements, autoMerge: false }], rules: [] }, confirm)
    expect(() => renderTable(set, 'prod')).toThrow(/not a number/)
  })

  it('is the same bytes in whatever order the manifests come', () => {
    const parts = ['b', 'a', 'c'].map((name) =>
      nftTable({ name, order: name === 'c' ? 1 : 100, sets: [], rules: [{ ...accept, name }] }, confirm),
    )
    const join = (order: readonly number[]) =>
      order.map((index) => parts[index] ?? main).reduce((one, other) => primitive.merge?.(one, other) as NftTableSpec)
    const texts = [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ].map((order) => renderTable(join(order), 'prod'))
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]?.match(/jump \S+/g)).toEqual(['jump input_c', 'jump input_a', 'jump input_b'])
  })
})

describe('two manifests of one target', () => {
  it('cannot both set a policy', () => {
    const other = tableOf(mainWith('policy: {forward: drop}').replace('name: main', 'name: other'))
    expect(primitive.merge?.(main, other)).toBe('policy is set by Firewall/main and Firewall/other; keep it in one of them')
  })

  it('are confirmed by the probes of both, in the longer time, and taken over only as the stricter allows', () => {
    const other = {
      ...table({}, 'other'),
      adopt: 'Replace' as const,
      confirm: { withinMs: 60_000, probes: main.confirm.probes.slice(0, 1) },
    }
    expect(primitive.merge?.(main, other)).toMatchObject({ adopt: 'IfEqual', confirm: { withinMs: 60_000, probes: main.confirm.probes } })
    expect(primitive.merge?.({ ...main, adopt: 'Replace' }, other)).toMatchObject({ adopt: 'Replace' })
    expect(primitive.merge?.({ ...main, adopt: 'Never' }, other)).toMatchObject({ adopt: 'Never' })
  })
})

describe('a change', () => {
  const created = primitive.diff(main, { status: 'absent' }, undefined)
  if (created.status !== 'change') throw new Error(created.status)

  it('waits for a new connection and what the manifest names, and undoes itself in the kernel', () => {
    expect(primitive.verdict?.(main, created.change)).toEqual({
      lockOut: 'kernel',
      withinMs: 20_000,
      probes: [{ type: 'newConnection' }, { type: 'tcp', host: '192.0.2.1', port: 443 }, { type: 'tcp', host: '2001:db8::1', port: 80 }],
    })
  })

  it('goes live between arm and settle, and is only kept after the verdict', () => {
    const steps = primitive.steps(main, created.change, { status: 'absent' }, context)
    expect(steps.map((step) => [step.phase, step.title])).toEqual([
      ['arm', 'save the table inet reeve as it is, and prove that it can be loaded again'],
      ['validate', 'check the rules of table inet reeve with nft'],
      ['change', 'replace table inet reeve at once'],
      ['settle', 'write /var/lib/reeve/nft/current.nft for the next boot'],
      ['settle', 'enable reeve-firewall.service'],
    ])
  })

  it('names fields as the ledger does', () => {
    expect(Object.keys(primitive.fields(main))).toEqual(expect.arrayContaining(created.change.fields.map((field) => field.field)))
  })

  it('has no retire: without manifests the table stays', () => {
    expect(primitive).not.toHaveProperty('retire')
    expect(main.deletionPolicy).toBe('Retain')
  })

  it('moves only the fields that the manifest moved', () => {
    const one = primitive.fields(
      tableOf(mainWith('rules:\n  - {name: a, chain: input, action: accept}\n  - {name: b, chain: input, action: drop}')),
    )
    const other = primitive.fields(
      tableOf(mainWith('rules:\n  - {name: a, chain: input, action: drop}\n  - {name: b, chain: input, action: drop}')),
    )
    const moved = Object.keys(one).filter((name) => one[name] !== other[name])
    expect(moved).toEqual(['rule a (Firewall/main)', 'table'])
  })
})

describe('an answer of the host', () => {
  const subjects = [{ id: nftTableId, spec: main }]
  it.each([
    ['nothing', ''],
    ['half a word', 'pres'],
    ['a word that is none', 'html\nend\n'],
    ['something else', '<html>'],
    ['present, and then cut', 'present\nfleet prod\n'],
    ['present without hashes', 'present\nfleet prod\nend\n'],
    ['a listing that is none', `present\nfleet prod\n${'0'.repeat(64)}  -\nhead \nlive <html>\nwanted scratch\nend\n`],
  ])('that is %s is refused', (_, stdout) => {
    expect(() => primitive.parse(stdout, subjects)).toThrow()
  })

  it('that nft could not be asked is unknown, not absent', () => {
    const parsed = primitive.parse('unknown Error: Could not process rule: Operation not permitted\nend\n', subjects)
    expect(parsed.items.get(nftTableId)).toEqual({ status: 'unknown', reason: 'Error: Could not process rule: Operation not permitted' })
  })

  it('with sets that are wrapped over lines is read as one line', () => {
    const listing = parseListing(
      'table inet reeve {\n\tset a_main {\n\t\ttype ipv6_addr\n\t\telements = { ::1,\n\t\t\t     ::2 }\n\t}\n}\n',
    )
    expect(listing.blocks).toEqual([{ type: 'set', name: 'a_main', lines: ['type ipv6_addr', 'elements = { ::1, ::2 }'] }])
  })

  it('cannot forge a field by a comment, since no line of a rule begins one', () => {
    const forged =
      'table inet reeve {\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t\taccept comment "x reeve:ssh"\n\t}\n}\n'
    const live = forged
      .split('\n')
      .map((line) => `live ${line}`)
      .join('\n')
    const wanted = `wanted scratch\n${renderTable(main, 'prod')
      .split('\n')
      .map((line) => `wanted ${line}`)
      .join('\n')}`
    const stdout = `present\nfleet prod\n${'0'.repeat(64)}  -\nhead \n${live}\n${wanted}\nend\n`
    const observed = primitive.parse(stdout, subjects).items.get(nftTableId)
    if (observed?.status !== 'present') throw new Error('not present')
    expect(primitive.diff(main, observed, undefined)).toMatchObject({
      change: {
        fields: expect.arrayContaining([
          { field: 'unknown rule in chain input', before: 'accept comment "x reeve:ssh"', after: undefined },
        ]),
      },
    })
  })
})

describe('shell text', () => {
  const created = primitive.diff(main, { status: 'absent' }, undefined)
  if (created.status !== 'change') throw new Error(created.status)
  const steps = primitive.steps(main, created.change, { status: 'absent' }, context)
  const scripts: readonly (readonly [string, string])[] = [
    ['probe', primitive.probe([{ id: nftTableId, spec: main }], 'prod').text],
    ['probe without a spec', primitive.probe([{ id: nftTableId }], 'prod').text],
    ...steps.flatMap((step) =>
      [step.guard, step.run, step.check, step.undo].flatMap((script, at) =>
        script ? [[`${step.title} ${at}`, script.text] as const] : [],
      ),
    ),
  ]
  it.each(scripts)('of %s is POSIX sh to shellcheck', (_, text) => {
    const run = () => execFileSync('shellcheck', ['-s', 'sh', '-S', 'warning', '-'], { input: `${text}\n`, encoding: 'utf8' })
    expect(run()).toBe('')
  })
})
