import { describe, expect, test } from 'vitest'
import type { StatusView } from '../../../controller/model/status.ts'
import { missingOf, sumOf } from './api.ts'
import { mailLines, subjectOf, textOf } from './mail.ts'
import { createStory } from './story.ts'
import { createView } from './view.ts'

function screenOf(settings: { readonly isTTY: boolean; readonly isColoured: boolean }) {
  const written: string[] = []
  let now = 0
  const stream = { isTTY: settings.isTTY, write: (text: string) => written.push(text) }
  const view = createView({ stream, isColoured: settings.isColoured, nowMs: () => now })
  return { view, text: () => written.join(''), at: (ms: number) => (now = ms) }
}

describe('the screen of the demo', () => {
  test('a pipe gets whole lines with their time and nothing else', () => {
    const { view, text, at } = screenOf({ isTTY: false, isColoured: false })
    view.wait('the lab')
    at(12_340)
    view.line('he1 is up', 'good')
    view.wait(undefined)
    expect(text()).toBe('  12.3 s  he1 is up\n')
  })

  test('a terminal keeps what is waited for below the last line', () => {
    const { view, text } = screenOf({ isTTY: true, isColoured: false })
    view.wait('the lab')
    view.line('he1 is up')
    expect(text().endsWith('   0.0 s  he1 is up\n\r\x1b[K   0.0 s  … the lab')).toBe(true)
  })

  test('without colour no escape is written but to clear the live line', () => {
    const { view, text } = screenOf({ isTTY: true, isColoured: false })
    view.line('bad', 'bad')
    expect(text()).not.toContain('\x1b')
  })
})

const record = (fields: object) => ({ level: 'info', time: '', msg: '', ...fields })

describe('the story of the log', () => {
  test.each([
    [
      'what a pass makes',
      { component: 'plan', hypervisor: 'he1', pass: 1, items: ['he1 bridge:br'] },
      ['he1: pass 1 makes 1 thing: bridge:br'],
    ],
    ['what is done', { component: 'apply', hypervisor: 'he1', outcome: 'done', items: ['he1/plpa file:/a'] }, ['  + plpa file:/a']],
    [
      'what runs as a job',
      { component: 'apply', hypervisor: 'he1', outcome: 'started', items: ['he1 lxcContainer:web'] },
      ['  > lxcContainer:web (a job of its own)'],
    ],
    [
      'what awaits its proof',
      { component: 'apply', hypervisor: 'he1', items: ['he1 nftTable:inet reeve'], msg: 'x' },
      ['  ? nftTable:inet reeve: live, to be undone unless the probe succeeds'],
    ],
    [
      'how a cycle ended',
      { component: 'loop', hypervisor: 'he1', status: 'converged', durationMs: 9210, passes: 2, roundTrips: 3, msg: 'x' },
      ['he1: as Git says (9.2 s, 2 passes, 3 round trips)'],
    ],
    [
      'why it waits, without the list',
      { component: 'loop', status: 'waiting', msg: 'he1: waiting: being made: web [done a; done b]' },
      ['he1: waiting: being made: web'],
    ],
    ['no mail, which is shown as it comes', { component: 'mail', msg: 'drift' }, []],
    ['a line that is none of ours', { level: 'warn', msg: 'Trace: oops' }, ['Trace: oops']],
  ])('tells %s', (_name, fields, lines) => {
    expect(createStory()(record(fields)).map(({ text }) => text)).toEqual(lines)
  })

  test('tells the same only once in a row', () => {
    const tell = createStory()
    const waiting = record({ component: 'loop', status: 'waiting', msg: 'he1: waiting: being made: web' })
    expect([tell(waiting).length, tell(waiting).length]).toEqual([1, 0])
  })
})

function mailOf(headers: Readonly<Record<string, string>>, body: string) {
  return { from: 'reeve@example.org', to: ['ops@example.org'], headers, body, raw: '' }
}

describe('a mail on the screen', () => {
  test('shows its subject and text in a box', () => {
    const lines = mailLines(mailOf({ subject: '[reeve] he1: drift' }, 'What: x\r\n\r\nReeve: y\r\n'))
    expect(lines).toEqual([
      '  ┌─ mail to ops@example.org',
      '  │ Subject: [reeve] he1: drift',
      '  │',
      '  │ What: x',
      '  │',
      '  │ Reeve: y',
      '  └─',
    ])
  })

  test('is cut where it is long', () => {
    const lines = mailLines(mailOf({ subject: 'x' }, 'line\r\n'.repeat(100)))
    expect(lines.slice(-2)).toEqual(['  │ … 60 more lines', '  └─'])
  })

  test.each([
    ['=?UTF-8?Q?drift_=E2=86=92_gone?=', 'drift → gone'],
    ['=?UTF-8?B?ZHJpZnQ=?= =?UTF-8?B?IGdvbmU=?=', 'drift gone'],
    ['plain', 'plain'],
  ])('reads the subject %s', (subject, words) => {
    expect(subjectOf(mailOf({ subject }, ''))).toBe(words)
  })

  test.each([
    ['quoted-printable', 'a =E2=86=\r\n=92 b', 'a → b'],
    ['base64', Buffer.from('a → b').toString('base64'), 'a → b'],
    ['7bit', 'a =3D b', 'a =3D b'],
  ])('reads a text in %s', (encoding, body, text) => {
    expect(textOf(mailOf({ 'content-transfer-encoding': encoding }, body))).toBe(text)
  })
})

describe('what the controller says', () => {
  const text =
    'reeve_x_total{kind="Proxy",name="edge",mode="correct"} 2\nreeve_x_total{kind="Proxy",name="edge",mode="report"} 1\nreeve_x_total{kind="Volume",name="edge"} 8\n'

  test('adds up the samples that carry all labels', () => {
    expect([sumOf(text, 'reeve_x_total', { kind: 'Proxy' }), sumOf(text, 'reeve_x_total', { kind: 'None' })]).toEqual([3, 0])
  })

  const ready = { type: 'Ready', status: true, reason: 'x', message: '', observedGeneration: '', sinceSeconds: 0 }
  const good = {
    commit: { hash: 'c1' },
    errors: [],
    hypervisors: [{ name: 'he1', isUp: true, lastResult: 'noop', message: '' }],
    resources: [{ kind: 'Proxy', name: 'edge', conditions: [ready] }],
  } as unknown as StatusView

  test.each([
    ['nothing, when all is ready', {}, undefined],
    ['an older commit', { commit: { hash: 'c0' } }, 'the commit is not read yet'],
    ['the first error', { errors: ['he1.yaml:1:1: no'] }, 'he1.yaml:1:1: no'],
    [
      'a hypervisor that waits',
      { hypervisors: [{ name: 'he1', isUp: true, lastResult: 'waiting', message: 'being made' }] },
      'he1: being made',
    ],
    [
      'a manifest that is not ready',
      { resources: [{ kind: 'Proxy', name: 'edge', conditions: [] }] },
      'Proxy/edge is not ready: nothing was said of it yet',
    ],
  ])('what is missing: %s', (_name, change, missing) => {
    expect(missingOf({ ...good, ...change } as StatusView, 'c1')).toBe(missing)
  })
})
