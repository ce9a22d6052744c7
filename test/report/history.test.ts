import { expect, test } from 'vitest'
import { historySorts } from '../../controller/model/history.ts'
import { historyText } from '../../controller/report/history.ts'

const hash = '0123456789abcdef0123456789abcdef01234567'

test('each sort says in a line what happened, when and to what', () => {
  const entries = [
    { atSeconds: 60, sort: 'commit', subject: hash, detail: { author: 'Ann', subject: 'Open 81', errors: 2 } },
    { atSeconds: 61, sort: 'reconcile', subject: 'he1', detail: { status: 'converged', message: '', changed: ['done file:/etc/motd'] } },
    {
      atSeconds: 62,
      sort: 'drift',
      subject: 'he1',
      detail: {
        item: 'he1 file:/etc/motd',
        fields: [
          { field: 'content', before: 'x'.repeat(100), after: 'a\nb', cause: 'drift' },
          { field: 'mode', before: undefined, after: '0644' },
        ],
      },
    },
    { atSeconds: 63, sort: 'mail', subject: 'DriftFound.1', detail: { subject: '[reeve] he1: drift' } },
    { atSeconds: 64, sort: 'approval', subject: 'abc123', detail: { by: 'unix socket' } },
    { atSeconds: 65, sort: 'silence', subject: 'abcdef12', detail: { what: 'everything on he1', by: 'ann', reason: 'new disk' } },
  ] as const
  expect(historyText(entries)).toBe(`1970-01-01 00:01:00 UTC  commit      0123456789ab  Ann: Open 81 (2 errors)
1970-01-01 00:01:01 UTC  reconcile   he1  converged
    done file:/etc/motd
1970-01-01 00:01:02 UTC  drift       he1  he1 file:/etc/motd
    content: "${'x'.repeat(60)}…" -> "a\\nb"
    mode: nothing -> "0644"
1970-01-01 00:01:03 UTC  mail        DriftFound.1  [reeve] he1: drift
1970-01-01 00:01:04 UTC  approval    abc123  by unix socket
1970-01-01 00:01:05 UTC  silence     abcdef12  everything on he1 by ann: new disk
`)
})

test.each(historySorts)('of a damaged entry of sort %s what can be read is shown, and no control character', (sort) => {
  for (const detail of [
    null,
    7,
    'x',
    {},
    { changed: 5, fields: null },
    { item: '\u001b[2J', status: '\u001b]0;x\u0007', subject: 'a\rb', author: '\u009b1m', by: '\u202e' },
  ])
    expect(historyText([{ atSeconds: 0, sort, subject: 'he1\u001b[31m', detail }])).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
})

test('nothing remembered is said', () => expect(historyText([])).toBe('nothing is remembered of that\n'))
