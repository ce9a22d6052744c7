import { describe, expect, it } from 'vitest'
import { changeOf, proofsOf } from '../../../controller/primitives/dnsZone/records.ts'
import { after, isAfter, latest, nextSerial, resetSerial, type SerialPolicy } from '../../../controller/primitives/dnsZone/serial.ts'
import { parseDns } from '../../../controller/shell/dnsAsk.ts'

const day = Date.UTC(2026, 10, 21, 12) / 1000

describe('serials', () => {
  it.each<readonly [SerialPolicy, readonly number[], number, string]>([
    ['dateserial', [], 2026112100, 'a new zone'],
    ['dateserial', [1], 2026112100, 'one that was counted until now'],
    ['dateserial', [2026112000], 2026112100, 'the first change of a day'],
    ['dateserial', [2026112100], 2026112101, 'the second of a day'],
    ['dateserial', [2026112199], 2026112200, 'the hundredth of a day simply runs on'],
    ['dateserial', [2026120100], 2026120101, 'a day in the future'],
    ['dateserial', [50, 900], 2026112100, 'a primary that was made anew'],
    ['dateserial', [2026112050, 2026112105], 2026112106, 'a secondary that is ahead'],
    ['dateserial', [4294967295], 2026112100, 'the end of the circle, before a date'],
    ['dateserial', [4173595748], 4173595749, 'a date that would be behind: half the circle lies between'],
    ['unixtime', [], day, 'a new zone'],
    ['unixtime', [day - 1], day, 'a second later'],
    ['unixtime', [day], day + 1, 'twice in a second'],
    ['unixtime', [2026112100], 2026112101, 'a policy that would go backwards: secondaries would keep the old data'],
    ['counter', [], 1, 'a new zone'],
    ['counter', [41], 42, 'one more'],
    ['counter', [4294967295], 1, 'the end of the circle: 0 is left out'],
    ['counter', [4294967290, 3], 4, 'behind the end is later'],
  ])('%s after %j is %d: %s', (policy, known, next) => {
    expect(nextSerial(policy, known, day)).toBe(next)
    const most = latest(known)
    if (most !== undefined) expect(isAfter(next, most)).toBe(true)
  })

  it.each<readonly [SerialPolicy, number, number | undefined, string]>([
    ['dateserial', 2126112200, 2126112200 + 2 ** 31 - 1000, 'a century ahead: half the circle first'],
    ['dateserial', 2126112200 + 2 ** 31 - 1000, 2026112100, 'from there the wish is ahead'],
    ['dateserial', 2026112105, undefined, 'the fifth change of the day'],
    ['dateserial', 2026112250, undefined, 'a busy day that ran on'],
    ['dateserial', 2026122100, 2026122100 + 2 ** 31 - 1000, 'a month that was mistyped'],
    ['dateserial', 2025010100, undefined, 'a zone that nobody touched for years is no reset'],
    ['dateserial', 4294967295, 2026112100, 'beyond half the circle the wish is ahead at once'],
    ['unixtime', 2026112100, 2026112100 + 2 ** 31 - 1000, 'a date that became seconds'],
    ['unixtime', day + 600_000, undefined, 'six days ahead'],
    ['counter', 4294967290, undefined, 'a counter has no wish'],
  ])('%s is brought back from %d by %s: %s', (policy, current, next) => {
    expect(resetSerial(policy, current, day)).toBe(next)
    if (next !== undefined) expect(isAfter(next, current)).toBe(true)
  })

  it('are compared as RFC 1982 says, also at half the circle', () => {
    expect([isAfter(1, 0), isAfter(0, 1), isAfter(0, 4294967295), isAfter(2 ** 31, 0), isAfter(0, 2 ** 31), isAfter(5, 5)]).toEqual([
      true,
      false,
      true,
      false,
      false,
      false,
    ])
    expect([after(7), after(4294967295)]).toEqual([8, 1])
  })
})

describe('what a change is proven by', () => {
  const text = (...lines: readonly string[]) => `60 60 600 60 )\n${lines.map((line) => `${line}\n`).join('')}`
  const ns = 'example.com. 60 IN NS ns.example.com.'

  it('up to three sets that changed and that a client can see', () => {
    const cut = 'sub.example.com. 60 IN NS ns.sub.example.com.'
    const wanted = text(
      ns,
      cut,
      'ns.sub.example.com. 60 IN A 192.0.2.9',
      '*.w.example.com. 60 IN A 192.0.2.9',
      'www.example.com. 60 IN A 192.0.2.2',
      'www.example.com. 60 IN A 192.0.2.1',
      'x.example.com. 60 IN AAAA 2001:db8:0:0:0:0:0:1',
    )
    expect(proofsOf(changeOf(text(ns), wanted), wanted)).toEqual([
      { type: 1, name: 'www.example.com.', count: 2, data: 'c0000201,c0000202' },
      { type: 28, name: 'x.example.com.', count: 1, data: '20010db8000000000000000000000001' },
    ])
  })

  it('nothing where nothing changed', () => {
    expect(proofsOf(changeOf(text(ns), text(ns)), text(ns))).toEqual([])
  })
})

describe('an answer of the target', () => {
  it('is read line by line, and what is none is left out', () => {
    const good = 'answer 127.0.0.1 53 6 example.com. 0 1 2026112100 0 - 1'
    const lies = [
      'answer 127.0.0.1 53 6 example.com. 0 1 99999999999 0 - 1',
      'answer x 53 6 a. 0 1 1 0 - 1',
      'answer 127.0.0.1 53 6 a. 0 1 4294967296 0 - 1',
      'answer',
      'silent',
    ]
    const { answers, silent, isWhole } = parseDns([...lies, good, 'silent 127.0.0.2 53 Connection refused', 'end', ''].join('\n'))
    expect(answers).toMatchObject([
      { name: 'example.com.', rcode: 0, isAuthoritative: true, serial: 2026112100, isSigned: false, count: 1 },
    ])
    expect([...silent]).toEqual([['127.0.0.2 53', 'Connection refused']])
    expect(isWhole).toBe(true)
    expect(parseDns('answer 127.0').isWhole).toBe(false)
  })
})
