import { describe, expect, test } from 'vitest'
import { hashFields } from '../../controller/engine/ledger.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Known } from '../../controller/model/observation.ts'
import { settingPrimitive } from '../../controller/primitives/setting/index.ts'
import type { SettingState } from '../../controller/primitives/setting/probe.ts'
import { beginsWith, setting, withoutOwn, wordsOf } from '../../controller/primitives/setting/spec.ts'

const ours = 'texthash:/etc/postfix/reeve/transport'
const spec = setting({ key: 'transport_maps', value: ours, keeps: { unset: '$daemons' } })
const seen = (value: string | undefined): Known<SettingState> =>
  value === undefined ? { status: 'absent', around: { isThere: true } } : { status: 'present', state: { value } }

function entryOf(value: string, previous: string): LedgerEntry {
  const fields = hashFields(settingPrimitive.fields({ ...spec, value } as typeof spec), 'f')
  const base = { target: 'he1', id: spec.id, owners: ['MailRoute/main'], files: ['a.yaml'], commit: 'c' }
  return { ...base, fields, previous, deletionPolicy: 'Delete', state: 'done' }
}

function after(value: string | undefined, last?: LedgerEntry): string | undefined {
  const difference = settingPrimitive.diff(spec, seen(value), last)
  return difference.status === 'change' ? difference.change.fields[0]?.after : difference.status
}

describe('a list to which others add', () => {
  test.each<[string, string | undefined, string | undefined]>([
    ['is not written: ours, and what the daemon takes by itself', undefined, `${ours}, $daemons`],
    ['is empty', '', ours],
    ['holds theirs: ours goes before it', 'hash:/etc/a, hash:/etc/b', `${ours}, hash:/etc/a hash:/etc/b`],
    ['begins with ours', `${ours}, hash:/etc/a`, 'same'],
    ['begins with ours, by blanks', `${ours} hash:/etc/a`, 'same'],
    ['is ours alone', ours, 'same'],
    ['holds ours last', `hash:/etc/a ${ours}`, `${ours}, hash:/etc/a`],
    ['holds ours twice', `${ours}, hash:/etc/a, ${ours}`, `${ours}, hash:/etc/a`],
    ['holds what only begins as ours', `${ours}.old`, `${ours}, ${ours}.old`],
    ['holds words in braces', 'inline:{ {a = b, c} } hash:/etc/a', `${ours}, inline:{ {a = b, c} } hash:/etc/a`],
  ])('%s', (_name, value, expected) => {
    expect(after(value)).toBe(expected)
  })

  test('loses what was ours before, by the ledger', () => {
    const last = entryOf('hash:/etc/postfix/reeve/transport', 'set hash:/etc/a')
    expect(after('hash:/etc/postfix/reeve/transport, hash:/etc/a', last)).toBe(`${ours}, hash:/etc/a`)
    expect(after('hash:/etc/postfix/reeve/transport, hash:/etc/a')).toBe(`${ours}, hash:/etc/postfix/reeve/transport hash:/etc/a`)
  })

  test('loses what was ours behind what is still ours, and gains what is new there', () => {
    const longer = `${ours}, proxy:texthash:/etc/postfix/reeve-more`
    expect(after(`${longer}, hash:/etc/a`, entryOf(longer, 'set hash:/etc/a'))).toBe(`${ours}, hash:/etc/a`)
    expect(after(longer, entryOf(longer, 'unset $daemons'))).toBe(ours)
    // Done already, and not told to the ledger yet.
    expect(after(`${ours}, hash:/etc/a`, entryOf(longer, 'set hash:/etc/a'))).toBe('same')
    const gained = { ...spec, value: longer } as typeof spec
    const difference = settingPrimitive.diff(gained, seen(`${ours}, hash:/etc/a`), entryOf(ours, 'set hash:/etc/a'))
    expect(difference).toMatchObject({ change: { fields: [{ after: `${longer}, hash:/etc/a` }] } })
    expect(settingPrimitive.diff(gained, seen(`${longer}, hash:/etc/a`), entryOf(ours, 'set hash:/etc/a'))).toEqual({ status: 'same' })
  })

  test('tells the ledger what was there before, and that nothing was', () => {
    expect(settingPrimitive.previous?.(spec, seen('hash:/etc/a,  x'))).toBe('set hash:/etc/a,  x')
    expect(settingPrimitive.previous?.(spec, seen(undefined))).toBe('unset $daemons')
  })

  const context = {} as never
  test.each<[string, string, string, RegExp | undefined]>([
    [
      'as it was written',
      `${ours}, hash:/etc/a hash:/etc/b`,
      'set hash:/etc/a,hash:/etc/b',
      /transport_maps to hash:\/etc\/a,hash:\/etc\/b in/,
    ],
    ['as it was not', `${ours}, $daemons`, 'unset $daemons', /transport_maps back to its default/],
    ['empty, as it was', ours, 'set ', /transport_maps to {2}in/],
    [
      'with what a person added since',
      `${ours}, hash:/etc/a hash:/etc/c`,
      'set hash:/etc/a',
      /transport_maps to hash:\/etc\/a hash:\/etc\/c in/,
    ],
    ['with nothing, where a person took theirs', ours, 'set hash:/etc/a', /back to its default/],
    ['as a person left it, without ours', 'hash:/etc/a', 'set hash:/etc/a', undefined],
    ['without ours, where the ledger is of no use', `${ours}, hash:/etc/a`, 'x\ny', /transport_maps to hash:\/etc\/a in/],
  ])('is left %s', (_name, value, previous, title) => {
    const { steps } = settingPrimitive.retire?.(entryOf(ours, previous), seen(value), context) ?? { steps: [] }
    expect(steps.at(-1)?.title).toEqual(title === undefined ? undefined : expect.stringMatching(title))
  })
})

describe('words of a list', () => {
  test.each<[string, readonly string[]]>([
    ['a,b c\td', ['a', 'b', 'c', 'd']],
    [' , a ,, b ', ['a', 'b']],
    ['x{a b}y {c {d e} f}', ['x{a b}y', '{c {d e} f}']],
    ['{a', ['{', 'a']],
    ['a} b', ['a', '}', 'b']],
    ['', []],
  ])('of %j are %j', (list, words) => {
    expect(wordsOf(list)).toEqual(words)
  })

  test('of which some are ours', () => {
    expect(beginsWith('check x:y, permit', 'check x:y')).toBe(true)
    expect(beginsWith('check, permit', 'check x:y')).toBe(false)
    expect(withoutOwn('a check x:y b check x:z', 'check x:y')).toEqual(['a', 'b', 'check', 'x:z'])
    expect(withoutOwn('a b', '')).toEqual(['a', 'b'])
  })
})
