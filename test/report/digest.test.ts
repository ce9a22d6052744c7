import { describe, expect, it } from 'vitest'
import type { HistoryEntry } from '../../controller/model/history.ts'
import type { HypervisorView, StatusView } from '../../controller/model/status.ts'
import type { Alert } from '../../controller/report/alerts.ts'
import { renderAlive, renderDailyDigest } from '../../controller/report/digest.ts'

const commit = {
  hash: 'abcdef0123456789',
  author: 'Ann <ann@example.org>',
  subject: 'Give the shop a second address, with a subject that is long',
  atSeconds: 1_795_400_000,
}
const host = (name: string, changes: Partial<HypervisorView> = {}): HypervisorView => ({
  name,
  isUp: true,
  lastResult: 'noop',
  lastCycleSeconds: 1,
  message: '',
  withheld: [],
  suspended: null,
  ...changes,
})
const quiet: StatusView = {
  fleet: 'example',
  commit,
  refused: null,
  errors: [],
  hypervisors: [host('he1')],
  resources: [],
  silences: [],
  suspensions: [],
}
const times = { fromSeconds: 1_795_313_600, nowSeconds: 1_795_400_000 }
const entry = (sort: HistoryEntry['sort'], subject: string, detail: unknown): HistoryEntry => ({
  atSeconds: 1_795_399_000,
  sort,
  subject,
  detail,
})

const trouble: StatusView = {
  ...quiet,
  suspensions: [{ hypervisor: 'he1', reason: 'disks are moved', givenBy: 'bob', fromSeconds: 0, untilSeconds: 1_795_500_000 }],
  errors: ['he1.yaml:3:4: error: spec.x: wrong'],
  hypervisors: [
    host('he1', { withheld: [{ brake: 'Prune', because: '6 of 10 items would go', changes: [], approval: 'abcd1234' }] }),
    host('he2', { isUp: false, message: 'connect ETIMEDOUT\u001b[31m\nevil' }),
  ],
  resources: [
    {
      kind: 'Proxy',
      name: 'edge',
      generation: '',
      observedGeneration: '',
      targets: [],
      conditions: [],
      drift: [
        {
          target: 'he1/web',
          item: 'file:/etc/nginx/nginx.conf',
          field: 'content',
          wanted: null,
          found: null,
          sinceSeconds: 1_795_390_000,
          owners: [],
        },
      ],
    },
  ],
}
const alert = { condition: 'Unreachable', summary: 'he2 does not answer', sinceSeconds: 1_795_390_000 } as Alert

describe('the digest', () => {
  it('says that all is well where it is, and that nothing happened', () => {
    expect(renderDailyDigest({ ...times, status: quiet, alerts: [], history: [] })).toEqual({
      subject: '[reeve] example: digest: all is well',
      text: `Fleet:     example: 1 hypervisor, 0 manifests
From:      2026-11-22 02:13:20 UTC
Until:     2026-11-23 02:13:20 UTC
Commit:    abcdef012345 by Ann <ann@example.org>: Give the shop a second
           address, with a subject that is long, of 2026-11-23 02:13:20 UTC

Nothing happened: no commit, no drift, no change on any host.

What to do: nothing.
`,
    })
  })

  it('names what stands, and what happened, with commits and their authors, in 80 columns', () => {
    const history = [
      entry('mail', 'x', { subject: 's' }),
      entry('reconcile', 'he1', { status: 'success' }),
      entry('drift', 'he1', { item: 'he1 file:/etc/hosts' }),
      entry('drift', 'he1', { item: 'he1 file:/etc/hosts' }),
      entry('commit', 'fedcba9876543210', { refused: 'not signed', inForce: null }),
      entry('commit', commit.hash, { author: commit.author, subject: commit.subject, errors: 0 }),
    ]
    const { subject, text } = renderDailyDigest({ ...times, status: trouble, alerts: [alert], history })
    expect(subject).toBe('[reeve] example: digest: 1 of 2 hypervisors away, 1 alert, 1 open drift, 1 withheld, 1 error')
    expect(text.slice(text.indexOf('Away:'))).toBe(`Away:
  he2: connect ETIMEDOUT\\x1b[31m evil

Standing:
  Unreachable since 2026-11-22 23:26:40 UTC: he2 does not answer

Drift:
  he1/web file:/etc/nginx/nginx.conf content, since 2026-11-22 23:26:40 UTC

Withheld:
  he1: Prune: 6 of 10 items would go; reeve approve abcd1234

Errors:
  he1.yaml:3:4: error: spec.x: wrong

Commits:
  abcdef012345 by Ann <ann@example.org>: Give the shop a second address, with a
    subject that is long

Drift that was seen:
  he1 file:/etc/hosts, 2 times

Reconciles that were not idle: 1 success.

1 mail of alerts.

Suspended:
  on he1 until 2026-11-24 06:00:00 UTC, by bob: disks are moved

What to do: what stands was mailed when it began; reeve status shows it as it is
now.
`)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  it('counts what is too much to list', () => {
    const hypervisors = Array.from({ length: 1000 }, (_, index) => host(`he${index}`, { isUp: false }))
    const { text } = renderDailyDigest({ ...times, status: { ...quiet, hypervisors }, alerts: [], history: [] })
    expect(text).toContain('  he19: not seen yet\n  [980 more]\n')
  })
})

it("the dead-man's mail says when the next one comes", () => {
  expect(renderAlive(trouble, 1_795_400_000, 1_795_403_600)).toEqual({
    subject: '[reeve] example: Reeve is alive',
    text: expect.stringMatching(
      /^Fleet: {5}example: 1 of 2 hypervisors answer\n[\s\S]*\nNext: {6}2026-11-23 03:13:20 UTC, and not while Reeve does not work\n/,
    ),
  })
})
