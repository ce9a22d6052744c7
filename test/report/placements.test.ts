import { describe, expect, it } from 'vitest'
import type { ReconcileReport } from '../../controller/model/event.ts'
import { containerName, manifestId } from '../../controller/model/ids.ts'
import { openDrift, placementsAfter, placementsUnread } from '../../controller/report/placements.ts'
import { driftOfFile, edge, he1, report } from './reports.ts'

const host = { hypervisor: he1 }
const web = { hypervisor: he1, inside: containerName('web'), provider: 'lxc' as const }
const drift = driftOfFile('/etc/a')
const about = { target: host, owners: [edge] }
const refused = { ...about, id: 'logicalVolume:vg/x', reasons: ['volume group full'] }
const failed = {
  ...about,
  changes: [drift],
  outcome: { status: 'failed' as const, step: 'nginx -t', exitCode: 1, stderr: '', undone: true },
}
const held = (brake: 'Waiting' | 'Outage') => ({ brake, changes: [drift], because: 'outside the window' })
const unknown = { ...about, id: 'file:/etc/a', reason: 'timeout' }
const job = { ...about, title: 'unpack the root file system' }

const rows: readonly {
  readonly name: string
  readonly changes: Partial<ReconcileReport>
  readonly state: string
  readonly says: RegExp
}[] = [
  { name: 'nothing to tell is converged', changes: {}, state: 'converged', says: /as Git says/ },
  { name: 'a refusal is stalled', changes: { refused: [refused] }, state: 'stalled', says: /volume group full/ },
  { name: 'a failure is retrying', changes: { failed: [failed] }, state: 'retrying', says: /nginx -t/ },
  { name: 'a refusal is worse than a failure', changes: { failed: [failed], refused: [refused] }, state: 'stalled', says: /full/ },
  { name: 'a brake is withheld', changes: { withheld: [held('Outage')] }, state: 'withheld', says: /outside the window/ },
  { name: 'a turn that has not come is progress', changes: { withheld: [held('Waiting')] }, state: 'progressing', says: /window/ },
  { name: 'what was not read is unknown', changes: { unknown: [unknown] }, state: 'unknown', says: /timeout/ },
  { name: 'a job is progress', changes: { inProgress: [job] }, state: 'progressing', says: /unpack/ },
  { name: 'a cycle that failed is retried', changes: { error: 'ledger torn', result: 'error' }, state: 'retrying', says: /ledger torn/ },
  {
    name: 'a cycle that cannot go on is stalled',
    changes: { error: 'foreign fleet', result: 'stalled' },
    state: 'stalled',
    says: /foreign/,
  },
  {
    name: 'news of another manifest is not ours',
    changes: { failed: [{ ...failed, owners: [manifestId('Proxy', 'other')] }] },
    state: 'converged',
    says: /./,
  },
  { name: 'news of another target is not ours', changes: { failed: [{ ...failed, target: web }] }, state: 'converged', says: /./ },
]

describe('how a placement stands', () => {
  for (const { name, changes, state, says } of rows) {
    it(name, () => {
      const [facts] = placementsAfter(report(60, changes).report, [{ manifest: edge, target: host }]).get(edge) ?? []
      expect(facts).toMatchObject({ target: 'he1', state, message: expect.stringMatching(says) })
    })
  }

  it('two placements of one manifest stand apart, each with its own drift and health', () => {
    const assessment = { healthy: false, reason: 'Down', message: 'no answer', samples: [] }
    const placed = [host, web].map((target) => ({ manifest: edge, target }))
    const facts = placementsAfter(report(60, { drift: [drift], vitals: [{ manifest: edge, target: web, assessment }] }).report, placed).get(
      edge,
    )
    expect(facts).toMatchObject([
      { target: 'he1', driftingFields: 2, health: [] },
      { target: 'he1/web', driftingFields: 0, health: [{ healthy: false }] },
    ])
  })

  it('on a host that was not read everything is unknown and nothing drifts', () => {
    expect(placementsUnread([{ manifest: edge, target: host }], 'Unreachable', 'no answer').get(edge)).toMatchObject([
      { state: 'unknown', driftingFields: 0 },
    ])
  })

  it('open drift names path, wanted, found and since; what was corrected is not open', () => {
    const other = driftOfFile('/etc/b')
    const open = openDrift(report(60, { drift: [drift, other], corrected: [other] }).report, new Map([['he1 file:/etc/a', 7]]))
    expect(open).toContainEqual({
      target: 'he1',
      item: 'file:/etc/a',
      field: 'mode',
      wanted: '0644',
      found: '0666',
      sinceSeconds: 7,
      owners: expect.any(Array),
    })
    expect(open).toHaveLength(2)
  })
})
