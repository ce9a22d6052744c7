import { describe, expect, test } from 'vitest'
import { type FaultRecord, markdownOf, parseRecords, rowsOf, textOf } from './faultReport.ts'
import { countMails, unended } from './mailCount.ts'
import { withFigures } from './write.ts'

const good: FaultRecord = {
  commit: 'abc',
  at: '2026-01-02T03:04:05.000Z',
  seed: '7',
  class: 'kill',
  host: 'native',
  what: 'at 3',
  isConverged: true,
  dataLost: 0,
  wrongDeletes: 0,
  mailsLost: 0,
  mailsDoubled: 0,
  troubles: [],
}
const later = { ...good, at: '2026-01-03T03:04:05.000Z', seed: '8', commit: 'def', host: 'loopback' } as const
const bad = {
  ...good,
  class: 'cut',
  isConverged: false,
  dataLost: 1,
  wrongDeletes: 2,
  mailsLost: 3,
  mailsDoubled: 4,
  troubles: ['it differs'],
}
const lines = (...records: readonly FaultRecord[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('')

describe('the report of faults', () => {
  test('adds up what each class did, and where it was done', () => {
    expect(rowsOf([good, bad, later])).toEqual([
      {
        class: 'kill',
        hosts: 'native, loopback',
        injected: 2,
        converged: 2,
        dataLost: 0,
        wrongDeletes: 0,
        mailsLost: 0,
        mailsDoubled: 0,
        day: '2026-01-03',
        commits: ['abc', 'def'],
        seeds: ['7', '8'],
      },
      expect.objectContaining({ class: 'cut', injected: 1, converged: 0, dataLost: 1, wrongDeletes: 2, mailsLost: 3, mailsDoubled: 4 }),
    ])
  })

  test('reads what was written, and passes over a line that a killed run left half', () => {
    expect(parseRecords(`${lines(good, bad)}{"commit":"ab`)).toEqual([good, bad])
  })

  test('is a table that ends with the sum of all', () => {
    expect(markdownOf([good, bad]).split('\n').slice(2)).toEqual([
      '| kill | native | 1 | 1 | 0 | 0 | 0 | 0 | 2026-01-02 | abc | 7 |',
      '| cut | native | 1 | 0 | 1 | 2 | 3 | 4 | 2026-01-02 | abc | 7 |',
      '| all |  | 2 | 1 | 1 | 2 | 3 | 4 |  |  |  |',
      '',
    ])
  })

  test('takes the place of the figures in a page, and nothing else', () => {
    const page = 'before\n<!-- figures: test/faults/write.ts -->\nold\n<!-- end of figures -->\nafter\n'
    const once = withFigures(page, [good])
    expect(once.split('\n')).toEqual([
      'before',
      '<!-- figures: test/faults/write.ts -->',
      '',
      ...markdownOf([good]).split('\n'),
      '<!-- end of figures -->',
      'after',
      '',
    ])
    expect(withFigures(once, [good])).toBe(once)
    expect(() => withFigures('a page', [good])).toThrow('there is no place for the figures')
  })

  test('names each fault that did not end as it should, with what repeats it, and no other', () => {
    const [, told] = textOf([good, bad]).split('\n\n')
    expect(told).toBe('2026-01-02T03:04:05.000Z abc REEVE_TEST_SEED=7 cut: at 3\n    it differs')
  })
})

describe('the mails of a thread', () => {
  const mails = (...ids: readonly string[]) => ids.map((id) => ({ headers: { 'message-id': `<${id}@example.org>` } }))

  test('are counted by their numbers: one that is missing was lost, one that is there twice was doubled', () => {
    expect(countMails(mails('he1.0a.1', 'he1.0a.2', 'he2.0b.1', 'he1.0c.1.reeve'))).toEqual({ lost: [], doubled: [] })
    expect(countMails(mails('he1.0a.1', 'he1.0a.3', 'he1.0a.3'))).toEqual({ lost: ['he1.0a.2'], doubled: ['<he1.0a.3@example.org>'] })
  })

  test('are over when the last of them says so', () => {
    const mail = (id: string, subject: string) => ({ headers: { 'message-id': `<${id}@example.org>`, subject: `[reeve] ${subject}` } })
    const first = [mail('he1.0a.1', 'he1: bad'), mail('he1.0a.2', 'he1: 1 cause, 1 over'), mail('he1.0b.1', 'started')]
    expect(unended(first, (subject) => subject.endsWith('started'))).toEqual(['[reeve] he1: 1 cause, 1 over'])
    expect(unended([...first, mail('he1.0a.3', 'resolved: he1: 2 causes')], (subject) => subject.endsWith('started'))).toEqual([])
  })
})
