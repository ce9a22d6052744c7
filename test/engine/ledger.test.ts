import { describe, expect, it } from 'vitest'
import { readHold } from '../../controller/engine/facts.ts'
import { compactLedger, entryLine, hashField, hashFields, headerLine, parseLedger } from '../../controller/engine/ledger.ts'
import type { PrimitiveId } from '../../controller/model/ids.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import { Secret } from '../../controller/shell/secret.ts'

const header = { format: 1, generation: 7, epoch: 1, fleet: 'test', hypervisor: 'he1', machineId: 'm', commit: 'c' } as const

function entry(target: string, id: string): LedgerEntry {
  return {
    target,
    id: id as PrimitiveId,
    owners: ['Note/one'],
    files: ['one.yaml'],
    fields: {},
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c',
  }
}

const text = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

describe('the ledger', () => {
  it('of a host that was taken over under another name holds the same things as that host’s, and can be written anew', () => {
    const old = [entryLine(entry('he1', 'note:/a')), entryLine(entry('he1/web', 'note:/b'))]
    const reading = parseLedger(text(headerLine(header), ...old, headerLine({ ...header, hypervisor: 'he22', generation: 8 })))
    if (reading.status !== 'read') throw new Error(reading.status)
    expect([...reading.ledger.entries.keys()]).toEqual(['he22 note:/a', 'he22/web note:/b'])
    expect(parseLedger(compactLedger(reading.ledger))).toMatchObject({ status: 'read', ledger: reading.ledger })
  })

  it.each(['generation', 'epoch', 'format'] as const)('with a %s that a shell cannot count is damaged', (field) => {
    for (const number of [1e23, -1, 1.5, 2 ** 53])
      expect(parseLedger(text(headerLine({ ...header, [field]: number })))).toEqual({ status: 'unreadable', reason: 'line 1 is damaged' })
  })
})

const good = { ...entry('he1', 'note:/a'), fields: { text: 'abc' } }
const long = 'a'.repeat(63)

describe('a ledger that a host shows', () => {
  const readOf = (...lines: readonly unknown[]) => parseLedger(text(headerLine(header), ...lines.map((line) => JSON.stringify(line))))

  it.each<readonly [what: string, entry: object]>([
    ['without what may be missing', good],
    ['with all that it may have', { ...good, versions: { 'Note/one': 'abc' }, previous: 'before', files: [], owners: [] }],
    ...(['Retain', 'Unmount', 'Delete'] as const).map((deletionPolicy) => [deletionPolicy, { ...good, deletionPolicy }] as const),
    ...(['begun', 'done', 'undone'] as const).map((state) => [state, { ...good, state }] as const),
    ['in a container', { ...good, target: 'he1/web_1.Prod-2' }],
    ['in a container of OpenVZ', { ...good, target: 'he1/openvz:1010' }],
    ['in a container with a long name', { ...good, target: `he1/${long}` }],
    ['with an id of any letters', { ...good, id: 'file:/srv/Ümläut and space' }],
  ])('is read: an entry %s', (_what, each) => {
    const reading = readOf(each)
    expect(reading).toMatchObject({ status: 'read', lines: 2 })
    expect(reading.status === 'read' && [...reading.ledger.entries.values()]).toEqual([each])
  })

  const texts = [undefined, 7, null, 'text', {}, ['a', 7]]
  it.each<readonly [field: string, values: readonly unknown[]]>([
    [
      'target',
      [
        undefined,
        7,
        '',
        'HE1',
        'he1/',
        'he1/../x',
        'he1/.x',
        'he1/a/b',
        'he1/openvz:0',
        'he1/openvz:01',
        'he1/openvz:12345678901',
        `he1/${long}a`,
        ' he1',
        'he1 ',
        'he1/web\n',
      ],
    ],
    ['id', [undefined, 7, '', 'note:', ':x', 'no-te:x', 'x note:a', 'note:a\u0000', 'note:a\nb', 'note:\u007f']],
    ['owners', texts],
    ['files', texts],
    ['versions', [null, 'text', [], { a: 7 }]],
    ['fields', [undefined, null, 'text', [], { a: 7 }]],
    ['previous', [null, 7, {}]],
    ['deletionPolicy', [undefined, null, 'delete', 'Keep', '']],
    ['state', [undefined, null, 'Done', 'open', '']],
    ['commit', [undefined, null, 7]],
    ['removed', [{ target: 'he1' }, { id: 'note:/a' }, { target: 'he1', id: 'x' }, {}]],
  ])('is damaged where the %s of an entry is none', (field, values) => {
    for (const value of values) expect(readOf({ ...good, [field]: value })).toEqual({ status: 'unreadable', reason: 'line 2 is damaged' })
  })

  it.each(['fleet', 'hypervisor', 'machineId', 'commit', 'generation', 'epoch', 'format'] as const)(
    'is damaged where the %s of its header is none',
    (field) => {
      for (const value of [
        undefined,
        null,
        [],
        {},
        ...(field === 'hypervisor' ? ['', 'HE1', 'he1/web', `${long}a`, 'he1 x', 'x he1'] : []),
      ])
        expect(parseLedger(text(headerLine({ ...header, [field]: value })))).toMatchObject({ status: 'unreadable' })
    },
  )

  it('has no line of another host, no line that is no record, and a header of a format that is known', () => {
    for (const target of ['he2', 'he11', 'he11/web'])
      expect(readOf({ ...good, target })).toEqual({ status: 'unreadable', reason: 'line 2 speaks of another host' })
    expect(readOf({ removed: { target: 'he2', id: 'note:/a' } })).toEqual({ status: 'unreadable', reason: 'line 2 speaks of another host' })
    for (const line of [null, 7, 'text', [], {}]) expect(readOf(line)).toEqual({ status: 'unreadable', reason: 'line 2 is damaged' })
    expect(parseLedger(text(entryLine(good)))).toEqual({ status: 'unreadable', reason: 'it has no header' })
    expect(parseLedger(text(headerLine({ ...header, format: 2 as 1 })))).toEqual({
      status: 'unreadable',
      reason: 'it has format 2, written by a newer Reeve; this one knows 1',
    })
  })

  it('is none where nothing whole was ever written, and ends before what a power cut tore', () => {
    expect([parseLedger(''), parseLedger(headerLine(header)), parseLedger('\0\0')]).toEqual(Array(3).fill({ status: 'none' }))
    for (const torn of [entryLine(good), '\0\0\0', `\0${entryLine(good)}\n`, '{"tar'])
      expect(parseLedger(`${text(headerLine(header))}${torn}`)).toMatchObject({ status: 'read', lines: 1, ledger: { header } })
  })

  it('is what its last lines say: a newer header, a newer entry, and what was removed is gone', () => {
    const reading = readOf(good, { ...good, commit: 'later' }, { ...good, id: 'note:/b' }, { removed: { target: 'he1', id: 'note:/b' } })
    expect(reading.status === 'read' && [...reading.ledger.entries]).toEqual([['he1 note:/a', { ...good, commit: 'later' }]])
    const next = { ...header, generation: 8, epoch: 2 }
    expect(parseLedger(text(headerLine(header), entryLine(good), headerLine(next)))).toMatchObject({ ledger: { header: next } })
    expect(parseLedger(text(headerLine({ ...header, generation: 0, epoch: 0 })))).toMatchObject({ status: 'read' })
  })

  it('is written anew by target and id, whatever order it grew in', () => {
    const reading = readOf({ ...good, id: 'note:/b' }, good)
    if (reading.status !== 'read') throw new Error(reading.status)
    expect(compactLedger(reading.ledger)).toBe(
      text(headerLine(header), entryLine(good), entryLine({ ...good, id: 'note:/b' as PrimitiveId })),
    )
  })
})

describe('the hashes of fields', () => {
  it('are short, in the order of the names, and of secrets keyed by the fleet', () => {
    const hashes = hashFields({ b: 'x', a: 'y', c: 'z' }, 'fleet')
    expect(Object.keys(hashes)).toEqual(['a', 'b', 'c'])
    for (const hash of Object.values(hashes)) expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(hashField('x', 'one')).toBe(hashField('x', 'other'))
    const secret = new Secret('x')
    expect(new Set([hashField('x', 'one'), hashField(secret, 'one'), hashField(secret, 'other')]).size).toBe(3)
    expect(hashField(secret, 'one')).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe('a hold at the console', () => {
  const now = Date.parse('2026-11-22T12:00:00Z') / 1000

  it.each([
    ['2026-11-22T11:59:59Z', false],
    ['2026-11-22T12:59:00+02:00', false],
    ['2026-11-22T12:00:01Z', true],
    ['2026-11-23T00:00Z', true],
  ])('ends at its until: %s, in force at noon: %s', (until, isInForce) => {
    expect(readHold(`reason: repairs\nuntil: ${until}\n`, now)).toEqual({ isInForce, reason: `repairs (until ${until})` })
  })

  it.each(['202', '2026', '2026-11-2', '2026-11-22', '2026-11-22T06:00:00', 'yesterday', '2026-13-01T06:00:00Z', '1 Jan 2026'])(
    'is not ended by what is no whole time: %s',
    (until) => {
      expect(readHold(`reason: repairs\nuntil: ${until}`, now)).toMatchObject({ isInForce: true })
    },
  )

  it('says that its time cannot be read', () => {
    expect(readHold('reason: repairs\nuntil: 2026\n', now).reason).toBe(
      'repairs (until it is removed: "2026" is not a time such as 2026-01-31T06:00:00Z)',
    )
  })
})
