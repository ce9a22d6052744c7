import { describe, expect, test } from 'vitest'
import { accountDrifts } from './driftAccount.ts'
import type { Noted } from './journal.ts'
import { at, found, goodRun, history, note, withMore, without } from './sample.ts'

const fatesOf = (notes: readonly Noted[]) => accountDrifts(notes).fates.map(({ fate }) => fate)
const isEntryOf = (one: Noted, seconds: number): boolean =>
  one.type === 'history' && one.entry.sort === 'drift' && one.at === at(seconds, { type: 'right', id: 0 }).at

describe('the account of the drifts', () => {
  test('finds each of them in the history', () => {
    expect(accountDrifts(goodRun)).toMatchObject({ strangers: [] })
    expect(fatesOf(goodRun)).toEqual(['found', 'found'])
    expect(accountDrifts(goodRun).fates.map(({ seconds }) => seconds)).toEqual([2, 2])
  })

  test('finds one that is missing there, although the same item drifted at another time', () => {
    expect(fatesOf(without((one) => isEntryOf(one, 301)))).toEqual(['unexplained', 'found'])
    expect(fatesOf(without((one) => isEntryOf(one, 716)))).toEqual(['found', 'unexplained'])
  })

  test.each<readonly [name: string, more: readonly Noted[], fate: string, by: string | undefined]>([
    ['nothing came', [], 'unexplained', undefined],
    ['another item is there', [found(2001, 'file:/etc/motd')], 'unexplained', undefined],
    ['another host has the same item', [history(2001, 'drift', 'he2', { item: `he2 ${note}` })], 'unexplained', undefined],
    ['it is there much later', [found(2400, note)], 'unexplained', undefined],
    [
      'a commit was in hand',
      [
        at(1999, { type: 'commit', host: 'he1', sort: 'a zone', hash: 'd1', isAlone: false }),
        at(2001, { type: 'converged', hash: 'd1', host: 'he1', seconds: 2, isTrue: true }),
      ],
      'overtaken',
      'commit d1',
    ],
    [
      'a commit of another host was in hand',
      [at(1999, { type: 'commit', host: 'he2', sort: 'a zone', hash: 'd1', isAlone: false })],
      'unexplained',
      undefined,
    ],
    [
      'a commit was in force before',
      [
        at(1900, { type: 'commit', host: 'he1', sort: 'a zone', hash: 'd1', isAlone: false }),
        at(1902, { type: 'converged', hash: 'd1', host: 'he1', seconds: 2, isTrue: true }),
      ],
      'unexplained',
      undefined,
    ],
    [
      'the controller was killed',
      [at(2001, { type: 'fault', id: 9, sort: 'kill -9 of the controller', host: 'he1' }), at(2009, { type: 'over', id: 9 })],
      'overtaken',
      'kill -9 of the controller',
    ],
    [
      'the host booted',
      [at(2001, { type: 'fault', id: 9, sort: 'host reboot', host: 'he1' }), at(2009, { type: 'over', id: 9 })],
      'overtaken',
      'host reboot',
    ],
    [
      'another host booted',
      [at(2001, { type: 'fault', id: 9, sort: 'host reboot', host: 'he2' }), at(2009, { type: 'over', id: 9 })],
      'unexplained',
      undefined,
    ],
    [
      'the line was cut, which loses nothing',
      [at(2001, { type: 'fault', id: 9, sort: 'TCP cut', host: 'he1' }), at(2009, { type: 'over', id: 9 })],
      'unexplained',
      undefined,
    ],
  ])('where %s', (_name, more, fate, by) => {
    const drift = at(2000, { type: 'drift', id: 8, host: 'he1', sort: 'a file edited', item: note })
    const [last] = accountDrifts(withMore(drift, at(2004, { type: 'right', id: 8 }), ...more)).fates.slice(-1)
    expect(last?.fate).toBe(fate)
    expect(last?.by).toBe(by)
  })

  test('waits for what a fault held up, and takes no entry of the next drift for it', () => {
    const drift = (seconds: number, id: number) => at(seconds, { type: 'drift', id, host: 'he1', sort: 'a file edited', item: note })
    const hole = [
      at(2001, { type: 'fault', id: 9, sort: 'TCP black hole', host: 'he1' } as const),
      at(2050, { type: 'over', id: 9 } as const),
    ]
    const first = [drift(2000, 8), at(2002, { type: 'right', id: 8 } as const), ...hole]
    expect(fatesOf(withMore(...first, found(2045, note))).slice(-1)).toEqual(['found'])
    const second = [drift(2055, 10), found(2056, note), at(2057, { type: 'right', id: 10 } as const)]
    expect(fatesOf(withMore(...first, ...second)).slice(-2)).toEqual(['unexplained', 'found'])
  })

  test('explains by nothing one that was never put right', () => {
    const drift = at(2000, { type: 'drift', id: 8, host: 'he1', sort: 'a file edited', item: note })
    const kill = at(2001, { type: 'fault', id: 9, sort: 'kill -9 of the controller', host: 'he1' })
    expect(fatesOf(withMore(drift, kill)).at(-1)).toBe('unexplained')
  })

  test('names drift that nobody made, and what a boot brings with it', () => {
    const stranger = found(2000, 'file:/etc/motd')
    expect(accountDrifts(withMore(stranger)).strangers).toEqual([{ text: expect.stringContaining('he1 file:/etc/motd') }])
    const boot = at(1990, { type: 'fault', id: 9, sort: 'host reboot', host: 'he1' })
    expect(accountDrifts(withMore(boot, stranger, at(2010, { type: 'over', id: 9 }))).strangers).toEqual([
      { text: expect.anything(), by: 'host reboot' },
    ])
  })
})
