import { describe, expect, it } from 'vitest'
import type { ControllerEvent, FailedTransaction } from '../../controller/model/event.ts'
import { manifestId, primitiveId } from '../../controller/model/ids.ts'
import type { Mail } from '../../controller/model/mail.ts'
import type { Withheld } from '../../controller/model/plan.ts'
import type { RefusedCommits } from '../../controller/model/refusedCommits.ts'
import { type AlertState, noAlerts, readAlertState, severities, standing, updateAlerts } from '../../controller/report/alerts.ts'
import { atOnce, committed, driftOfFile, edge, he1, hostFailed, report } from './reports.ts'

const settings = { graceSeconds: { Unreachable: 60, GitTrouble: 300, RolloutWaits: 900 }, settleSeconds: 900, ...atOnce }

const refused = {
  target: { hypervisor: he1 },
  id: 'logicalVolume:vg_data/big',
  owners: [manifestId('Volume', 'big')],
  reasons: ['volume group vg_data has 3 GiB free, 8 GiB are needed'],
  at: 'big.yaml:1:1',
}

/** Feeds events one after another, with a restart (state through JSON) between any two. */
function play(events: readonly ControllerEvent[]): { readonly mails: readonly Mail[]; readonly state: AlertState } {
  let state = noAlerts
  const mails: Mail[] = []
  for (const event of events) {
    const next = updateAlerts(readAlertState(JSON.parse(JSON.stringify(state))), event, settings)
    state = next.state
    mails.push(...next.mails)
  }
  return { mails, state }
}

const drift = driftOfFile('/etc/nginx/conf.d/00-reeve.conf')
const other = driftOfFile('/etc/nginx/conf.d/other.conf')
const corrected = { drift: [drift], corrected: [drift], result: 'success' as const }
const failed: FailedTransaction = {
  target: { hypervisor: he1 },
  owners: [edge],
  changes: [drift],
  outcome: { status: 'failed', step: 'check nginx', exitCode: 1, stderr: 'nginx: [emerg] unknown directive', undone: true },
}
const withheld: Withheld = {
  brake: 'MassDelete',
  changes: [{ ...drift, action: 'delete' }],
  because: 'removes 9 of 10 items',
  approval: 'abc123',
}
const turn: Withheld = { ...withheld, brake: 'Rollout', because: 'waits until he1/plpa is Healthy with this commit: ill' }
const unread = [{ target: { hypervisor: he1 }, id: drift.id, owners: [edge], reason: 'timeout' }]
const git = (status: 'ok' | 'trouble', atSeconds: number): ControllerEvent => ({
  type: 'git',
  status,
  message: 'no such repository',
  atSeconds,
})

const unsigned: RefusedCommits = {
  head: 'b'.repeat(40),
  inForce: 'a'.repeat(40),
  reason: 'unsigned',
  because: 'commit cccccccccccc is not trusted: it is not signed',
  todo: 'find out who made it.',
  commits: [
    {
      commit: 'c'.repeat(40),
      author: 'Eve\u202e\u001b[31m\nBcc: x@y',
      subject: 'a\u0007b',
      fault: 'unsigned',
      because: 'it is not signed',
    },
  ],
  count: 1,
}
const gitRefused = (atSeconds: number, refused?: RefusedCommits): ControllerEvent => ({
  type: 'git',
  status: 'ok',
  message: '',
  atSeconds,
  ...(refused === undefined ? {} : { refused }),
})

const hook = (status: 'accepted' | 'failing', atSeconds: number): ControllerEvent => ({
  type: 'webhook',
  status,
  failures: 3,
  message: '192.0.2.7',
  atSeconds,
})

const stories: readonly { readonly name: string; readonly events: readonly ControllerEvent[]; readonly subjects: readonly string[] }[] = [
  {
    name: 'commits that are refused are one mail, whatever is pushed above them, and one when they are mended',
    events: [gitRefused(0, unsigned), gitRefused(5, { ...unsigned, head: 'd'.repeat(40) }), report(6), committed(7, 'abc'), gitRefused(60)],
    subjects: ['[reeve] commits refused: one is not signed', '[reeve] resolved: commits refused: one is not signed'],
  },
  {
    name: 'another commit that is refused is news',
    events: [gitRefused(0, unsigned), gitRefused(5, { ...unsigned, reason: 'rewritten', commits: [], count: 0, approval: 'abc123abc123' })],
    subjects: ['[reeve] commits refused: one is not signed', '[reeve] commits refused: the branch was rewritten'],
  },
  { name: 'a quiet host is no mail', events: [report(1), report(61)], subjects: [] },
  {
    name: 'webhooks with a wrong secret are one mail, until one is right',
    events: [hook('failing', 0), hook('failing', 60), report(100), hook('failing', 3600), hook('accepted', 4000), hook('accepted', 4001)],
    subjects: ['[reeve] webhooks are refused', '[reeve] resolved: webhooks are refused'],
  },
  {
    name: 'webhooks that nobody sends any more are forgotten after a day',
    events: [hook('failing', 0), { type: 'tick', atSeconds: 86_000 }, { type: 'tick', atSeconds: 86_500 }],
    subjects: ['[reeve] webhooks are refused', '[reeve] resolved: webhooks are refused'],
  },
  {
    name: 'a drift that was corrected is one mail, and none that it is over',
    events: [report(0, corrected), report(60), report(2000)],
    subjects: ['[reeve] he1: drift corrected: file:/etc/nginx/conf.d/00-reeve.conf'],
  },
  {
    name: 'a file that drifts again and again is one mail, and one when it has stayed away',
    events: [report(0, corrected), report(60, corrected), report(120, corrected), report(180), report(1100)],
    subjects: [
      '[reeve] he1: drift corrected: file:/etc/nginx/conf.d/00-reeve.conf',
      '[reeve] resolved: he1: drift corrected: file:/etc/nginx/conf.d/00-reeve.conf',
    ],
  },
  {
    name: 'another file of the same manifest is news',
    events: [report(0, corrected), report(60, { drift: [other], corrected: [other] })],
    subjects: [
      '[reeve] he1: drift corrected: file:/etc/nginx/conf.d/00-reeve.conf',
      '[reeve] he1: drift corrected: file:/etc/nginx/conf.d/other.conf',
    ],
  },
  {
    name: 'two files of one manifest at once are one mail',
    events: [report(0, { drift: [drift, other], corrected: [drift, other] })],
    subjects: ['[reeve] he1: drift corrected: 2 items of Proxy/edge'],
  },
  {
    name: 'files of two manifests at once are one mail',
    events: [report(0, { drift: [drift, driftOfFile('/etc/motd', manifestId('Hypervisor', 'he1'))] })],
    subjects: ['[reeve] he1: drift: 2 causes'],
  },
  {
    name: 'a drift that is only reported is one mail until it is gone, then one more',
    events: [report(0, { drift: [drift] }), report(60, { drift: [drift] }), report(120), report(180)],
    subjects: [
      '[reeve] he1: drift found: file:/etc/nginx/conf.d/00-reeve.conf',
      '[reeve] resolved: he1: drift found: file:/etc/nginx/conf.d/00-reeve.conf',
    ],
  },
  {
    name: 'a drift that cannot be read any more is not over',
    events: [report(0, { drift: [drift] }), report(60, { unknown: unread })],
    subjects: ['[reeve] he1: drift found: file:/etc/nginx/conf.d/00-reeve.conf'],
  },
  {
    name: 'a cycle that ended before its plan resolves no drift',
    events: [report(0, { drift: [drift] }), report(60, { error: 'the ledger is of another fleet', result: 'stalled' })],
    subjects: ['[reeve] he1: drift found: file:/etc/nginx/conf.d/00-reeve.conf', '[reeve] he1: reconcile failed: the cycle'],
  },
  {
    name: 'a cycle that met the apply of another controller resolves nothing and tells nothing',
    events: [report(0, { drift: [drift] }), report(60, { isUnsettled: true }), report(120, { drift: [drift] })],
    subjects: ['[reeve] he1: drift found: file:/etc/nginx/conf.d/00-reeve.conf'],
  },
  {
    name: 'an apply of another controller that does not end is one mail, and one when it has ended',
    events: [
      report(0, { isUnsettled: true }),
      report(60, { isUnsettled: true, error: 'apply f00d is running since …', result: 'error' }),
      report(120, { isUnsettled: true, error: 'apply f00d is running since …', result: 'error' }),
      report(180, { isUnsettled: true }),
      report(240),
    ],
    subjects: ['[reeve] he1: reconcile failed: the cycle', '[reeve] resolved: he1: reconcile failed: the cycle'],
  },
  {
    name: 'a hypervisor that is away for less than the grace is no mail',
    events: [hostFailed(0), hostFailed(30), report(50)],
    subjects: [],
  },
  {
    name: 'a hypervisor that stays away is one mail, and one when it is back',
    events: [hostFailed(0), hostFailed(30), hostFailed(70), hostFailed(130), report(200), report(260)],
    subjects: ['[reeve] he1: unreachable', '[reeve] resolved: he1: unreachable'],
  },
  {
    name: 'a hypervisor that went away does not resolve its drift',
    events: [report(0, { drift: [drift] }), hostFailed(60), hostFailed(200)],
    subjects: ['[reeve] he1: drift found: file:/etc/nginx/conf.d/00-reeve.conf', '[reeve] he1: unreachable'],
  },
  {
    name: 'a changed host key is a mail at once',
    events: [hostFailed(0, 'hostKey'), hostFailed(5, 'hostKey')],
    subjects: ['[reeve] he1: HOST KEY CHANGED'],
  },
  {
    name: 'a failed transaction is one mail, not a second one for the drift in it',
    events: [
      report(0, { drift: [drift], failed: [failed], result: 'error' }),
      report(60, { drift: [drift], failed: [failed] }),
      report(120),
    ],
    subjects: ['[reeve] he1: reconcile failed: Proxy/edge', '[reeve] resolved: he1: reconcile failed: Proxy/edge'],
  },
  {
    name: 'a placement that soon has its turn is no mail, one that waits for long is told once',
    events: [
      report(0, { withheld: [turn] }),
      report(60),
      report(100, { withheld: [turn] }),
      report(900, { withheld: [turn] }),
      report(1000, { withheld: [turn] }),
      report(1060, { withheld: [turn] }),
    ],
    subjects: ['[reeve] he1: a placement still waits for its turn'],
  },
  {
    name: 'a plan that needs approval is one mail until it was approved',
    events: [report(0, { withheld: [withheld], result: 'withheld' }), report(60, { withheld: [withheld] }), report(120)],
    subjects: ['[reeve] he1: approval needed: MassDelete', '[reeve] resolved: he1: approval needed: MassDelete'],
  },
  {
    name: 'what waits for its window needs no person and is no mail',
    events: [report(0, { withheld: [{ brake: 'Restart', changes: withheld.changes, because: 'outside the window' }] })],
    subjects: [],
  },
  {
    name: 'a bad commit is one mail, the same error in the next commit is none, and a good commit resolves it',
    events: [committed(0, 'aaaa', 'port 99999'), committed(60, 'bbbb', 'port 99999'), committed(120, 'cccc')],
    subjects: ['[reeve] bad commit aaaa: 1 error(s)', '[reeve] resolved: bad commit aaaa: 1 error(s)'],
  },
  {
    name: 'a new error in a later commit is news',
    events: [committed(0, 'aaaa', 'port 99999'), committed(60, 'bbbb', 'port 99999', 'no such container')],
    subjects: ['[reeve] bad commit aaaa: 1 error(s)', '[reeve] bad commit bbbb: 2 error(s)'],
  },
  {
    name: 'Git that is away for longer than its grace is one mail, and one when it is back',
    events: [git('trouble', 0), git('trouble', 200), git('trouble', 400), git('trouble', 500), git('ok', 600), git('ok', 700)],
    subjects: ['[reeve] Git cannot be read', '[reeve] resolved: Git cannot be read'],
  },
  {
    name: 'Git in trouble that a commit came with is not over with that commit',
    events: [git('trouble', 0), committed(1, 'aaaa'), git('trouble', 200), git('trouble', 400), git('ok', 600)],
    subjects: ['[reeve] Git cannot be read', '[reeve] resolved: Git cannot be read'],
  },
  {
    name: 'a host of another fleet is refused, not unreachable',
    events: [hostFailed(0, 'refused'), hostFailed(60, 'refused'), report(120)],
    subjects: ['[reeve] he1: refused: not ours as it stands', '[reeve] resolved: he1: refused: not ours as it stands'],
  },
  {
    name: 'a host on which nothing can be done (its disk is full) is a failure, not unreachable',
    events: [hostFailed(0, 'error'), hostFailed(60, 'error'), report(120)],
    subjects: ['[reeve] he1: reconcile failed: the whole host', '[reeve] resolved: he1: reconcile failed: the whole host'],
  },
  {
    name: 'what cannot be made as it is asked for is one mail until it can, or is asked for no more',
    events: [report(0, { refused: [refused], result: 'withheld' }), report(60, { refused: [refused] }), report(120)],
    subjects: ['[reeve] he1: refused: Volume/big', '[reeve] resolved: he1: refused: Volume/big'],
  },
  {
    name: 'a hypervisor that left the fleet takes its causes with it',
    events: [hostFailed(0), hostFailed(70), { type: 'removed', hypervisor: he1, atSeconds: 80 }, report(90)],
    subjects: ['[reeve] he1: unreachable'],
  },
]

describe('one cause is one mail', () => {
  for (const { name, events, subjects } of stories) {
    it(name, () => expect(play(events).mails.map((mail) => mail.subject)).toEqual(subjects))
  }

  it('mails of one cause are a thread', () => {
    const { mails } = play([hostFailed(0), hostFailed(70), report(200)])
    expect(mails[1]?.references).toEqual([mails[0]?.id])
  })

  it('the same cause seen again after its state was lost gives the same id, so that it is recognised', () => {
    const [first] = updateAlerts(noAlerts, report(5, { drift: [drift] }), settings).mails
    const [again] = updateAlerts(noAlerts, report(5, { drift: [drift] }), settings).mails
    expect(again?.id).toBe(first?.id)
    expect(first?.id).toMatch(/^[A-Za-z0-9.-]{1,100}$/)
  })

  it('what stands now is counted by severity, without what was corrected', () => {
    const { state } = play([report(0, corrected), hostFailed(10), hostFailed(80), committed(90, 'aaaa', 'bad')])
    expect(
      standing(state)
        .map(({ condition }) => severities[condition])
        .sort(),
    ).toEqual(['critical', 'warning'])
  })

  for (const saved of [
    undefined,
    null,
    7,
    {},
    { version: 1, alerts: [] },
    { version: 2, alerts: [{ key: 'x' }], past: [], groups: [] },
    { version: 2, alerts: [null], past: [], groups: [] },
    { version: 2, alerts: [], past: [], groups: [{}] },
  ]) {
    it(`a saved state that is ${JSON.stringify(saved)} counts as none`, () => expect(readAlertState(saved)).toEqual(noAlerts))
  }
})

describe('what a mail says', () => {
  const [mail] = play([
    report(0, { ...corrected, loggedIn: ['root pts/0 from 192.0.2.7 since 23:01', 'ann pts/1 from 192.0.2.8 since 23:05'] }),
  ]).mails

  it('names owner, time, who was logged in, what Reeve did, and the difference from found to wanted', () => {
    expect(mail?.text).toBe(`What:      Proxy/edge: the host moved away from Git; Git did not move
Since:     1970-01-01 00:00:00 UTC
Commit:    0123456789ab is in force
Reeve:     put back what Git says, and saw it right afterwards
Logged in: root pts/0 from 192.0.2.7 since 23:01; ann pts/1 from 192.0.2.8 since
           23:05

update file:/etc/nginx/conf.d/00-reeve.conf on he1
--- file:/etc/nginx/conf.d/00-reeve.conf content found
+++ file:/etc/nginx/conf.d/00-reeve.conf content wanted
@@ -1,2 +1,2 @@
 listen 80;
-server_name evil;
+server_name good;
  mode: "0666" -> "0644"

What to do: nothing, if this was a slip. If the change was meant, commit it;
else it will be put back again.

More:      docs/runbook.md#driftfound, at /runbook of Reeve's page too
`)
  })

  const failure = play([report(0, { failed: [failed] })]).mails[0]?.text ?? ''
  const approval = play([report(0, { withheld: [withheld] })]).mails[0]?.text ?? ''
  const asked = { hash: 'abcdef0123456789', author: 'Ann <ann@example.org>', subject: 'Remove nine', atSeconds: 0 }
  const byAnn = play([{ ...report(0, { withheld: [withheld] }), commit: asked }]).mails[0]?.text ?? ''
  const commit = play([committed(0, 'aaaa', 'port 99999 is too high')]).mails[0]?.text ?? ''
  const words: readonly { readonly name: string; readonly text: string; readonly says: RegExp }[] = [
    {
      name: 'a failure names the step, its words and that all was put back',
      text: failure,
      says: /check nginx.*put back everything[\s\S]*unknown directive/,
    },
    { name: 'a withheld plan names the command that approves exactly it', text: approval, says: /reeve approve abc123/ },
    {
      name: 'a withheld plan names the commit, its author and subject',
      text: byAnn,
      says: /^Commit: +abcdef012345 by Ann <ann@example\.org>: Remove nine$/m,
    },
    {
      name: 'a bad commit names its author and file:line:column',
      text: commit,
      says: /Ann <ann@example.org>[\s\S]*proxies\/edge.yaml:12:5: spec.listen: port 99999/,
    },
  ]
  for (const { name, text, says } of words) it(name, () => expect(text).toMatch(says))

  it('prose keeps within 80 columns', () => {
    const texts = [mail?.text ?? '', failure, approval, commit, ...play([hostFailed(0), hostFailed(90)]).mails.map((each) => each.text)]
    for (const line of texts.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('a huge difference is cut and counted', () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `line ${index}`).join('\n')
    const huge = { ...drift, fields: [{ field: 'content', cause: 'drift' as const, before: lines, after: 'x'.repeat(100_000) }] }
    const text = play([report(0, { drift: [huge] })]).mails[0]?.text ?? ''
    expect(text.length).toBeLessThan(20_000)
    expect(text).toMatch(/\[\d+ more lines\]/)
  })

  it('a host cannot write control characters into subject or text', () => {
    const evil = {
      ...drift,
      id: primitiveId('file', '/etc/evil'),
      fields: [{ field: 'mode\u001b[2J', cause: 'drift' as const, before: 'a\u0007\nb', after: 'c\r\nBcc: x' }],
    }
    const sent = play([report(0, { drift: [evil], loggedIn: ['root\u202e\u001b[31m\r\nBcc: eve'] })]).mails[0]
    expect(`${sent?.subject}`).not.toMatch(/[\x00-\x1f]/)
    expect(`${sent?.text}`).not.toMatch(/[\x00-\x09\x0b-\x1f\u202a-\u202e]/)
  })
})
