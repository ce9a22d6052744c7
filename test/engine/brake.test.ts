import { describe, expect, it } from 'vitest'
import { approvalHash, brakeOf, type Candidate, isMassDelete, joinTurns, type Policy } from '../../controller/engine/brake.ts'
import type { Cause, Impact } from '../../controller/model/change.ts'
import type { HypervisorName, ManifestId, PrimitiveId } from '../../controller/model/ids.ts'
import type { PlannedChange, Withheld } from '../../controller/model/plan.ts'
import type { Spec } from '../../controller/model/primitive.ts'

const he1 = 'he1' as HypervisorName
const mine = 'Proxy/edge' as ManifestId
const other = 'Zone/org' as ManifestId
const free: Policy = { approvals: new Set(), isWindowOpen: () => false, suspendedBecause: () => undefined }

interface Wish extends Partial<Spec> {
  readonly name?: string
  readonly impact?: Impact
  readonly owners?: readonly ManifestId[]
  readonly isForeign?: boolean
  /** Of each of its fields. */
  readonly causes?: readonly Cause[]
}

function candidate({
  name = 'a',
  impact = 'none',
  owners = [mine],
  isForeign = false,
  causes = ['pending'],
  ...spec
}: Wish = {}): Candidate {
  const id = `file:/etc/${name}` as PrimitiveId
  const fields = causes.map((cause, index) => ({ field: `field${index}`, before: 'old', after: 'new', cause }))
  const change: PlannedChange = { id, action: 'update', impact, fields, owners, target: { hypervisor: he1 } }
  return { change, isForeign, spec: { type: 'file', id, ...spec } }
}

const brakes = (group: readonly Candidate[], policy: Partial<Policy> = {}): Withheld | undefined =>
  brakeOf(he1, group, { ...free, ...policy })

describe('a brake', () => {
  it.each<readonly [wish: Wish, brake: Withheld['brake'] | undefined, because: string]>([
    [{}, undefined, ''],
    [{ impact: 'reload' }, undefined, ''],
    [{ impact: 'restart' }, 'Restart', 'file:/etc/a needs a restart and restarts is Never'],
    [{ impact: 'outage' }, 'Outage', 'file:/etc/a needs an outage and restarts is Never'],
    [{ impact: 'restart', restarts: 'Always' }, undefined, ''],
    [{ impact: 'outage', restarts: 'Always' }, undefined, ''],
    [{ impact: 'restart', restarts: 'InWindow' }, 'Restart', 'file:/etc/a needs a restart and its maintenance window is closed'],
    // No permission of a manifest covers the loss of data.
    [{ impact: 'dataLoss', restarts: 'Always' }, 'DataLoss', 'file:/etc/a would lose data'],
    [
      { isForeign: true },
      'Adopt',
      'file:/etc/a exists, was not made by Reeve and differs in field0: make the manifest equal to it, or set adopt: Replace',
    ],
    [{ isForeign: true, adopt: 'Replace' }, undefined, ''],
    [{ isForeign: true, adopt: 'Replace', impact: 'reload' }, undefined, ''],
    [
      { isForeign: true, adopt: 'Replace', impact: 'restart', restarts: 'Always', causes: ['pending', 'pending'] },
      'Adopt',
      'file:/etc/a exists, was not made by Reeve and differs in field0, field1: taking it over has the impact restart',
    ],
    [{ isForeign: true, adopt: 'Never' }, 'Adopt', 'file:/etc/a exists, was not made by Reeve and differs in field0: adopt is Never'],
    [{ driftPolicy: 'Report', causes: ['drift'] }, 'Report', 'driftPolicy is Report: drift is shown, not repaired'],
    [{ driftPolicy: 'Report', causes: ['drift', 'pending'] }, undefined, ''],
    [{ driftPolicy: 'Correct', causes: ['drift'] }, undefined, ''],
  ])('of %j is %s', (wish, brake, because) => {
    const held = brakes([candidate(wish)])
    expect([held?.brake, held?.because ?? '']).toEqual([brake, because])
  })

  it('gives way to consent to exactly this, but for what nobody may consent to', () => {
    for (const wish of [
      { impact: 'dataLoss' },
      { impact: 'outage' },
      { isForeign: true },
      { driftPolicy: 'Report', causes: ['drift'] },
    ] as const) {
      const approval = brakes([candidate(wish)])?.approval ?? ''
      expect(approval).toMatch(/^[0-9a-f]{12}$/)
      expect(brakes([candidate(wish)], { approvals: new Set([approval]) })).toBeUndefined()
      expect(brakes([candidate({ ...wish, name: 'b' })], { approvals: new Set([approval]) })?.brake).toBeDefined()
    }
    expect(brakes([candidate({ isForeign: true, adopt: 'Never' })])?.approval).toBeUndefined()
    expect(brakes([candidate()], { suspendedBecause: () => 'Ada works on it' })?.approval).toBeUndefined()
  })

  it('holds all that goes together for the first of it, what a person said before anything else', () => {
    const group = [candidate(), candidate({ name: 'b', impact: 'restart', owners: [other] }), candidate({ name: 'c', isForeign: true })]
    expect(brakes(group)?.changes.map(({ id }) => id)).toEqual(['file:/etc/a', 'file:/etc/b', 'file:/etc/c'])
    expect(brakes(group)?.brake).toBe('Adopt')
    const suspended = brakes(group, { suspendedBecause: (owner) => (owner === other ? 'Ada works on it' : undefined) })
    expect([suspended?.brake, suspended?.because]).toEqual(['Suspended', 'Zone/org is suspended: Ada works on it'])
  })

  it('of a restart is open as long as the window of one of its owners is', () => {
    const both = candidate({ impact: 'restart', restarts: 'InWindow', owners: [mine, other] })
    expect(brakes([both], { isWindowOpen: (owner) => owner === other })).toBeUndefined()
    expect(brakes([both], { isWindowOpen: () => false })?.brake).toBe('Restart')
  })

  it('shows drift where all that must go with it is drift too; what goes along to load it counts for nothing', () => {
    const [drift, along] = [
      candidate({ driftPolicy: 'Report', causes: ['drift'] }),
      candidate({ name: 'service', driftPolicy: 'Report', causes: [] }),
    ]
    expect(brakes([drift, along])?.brake).toBe('Report')
    expect(brakes([along])).toBeUndefined()
    expect(brakes([drift, candidate({ name: 'b', driftPolicy: 'Report', causes: ['pending'] })])).toBeUndefined()
  })

  it('holds what would end the controller itself on its own machine, and nowhere else', () => {
    const { change, spec, isForeign } = candidate()
    const itself: Candidate = { change: { ...change, id: 'service:reeve.service' as PrimitiveId }, spec, isForeign }
    expect(brakes([itself])).toBeUndefined()
    const held = brakes([itself], { ownMachine: { machineId: 'm', unit: 'reeve.service', paths: [] } })
    expect([held?.brake, held?.approval]).toEqual(['OwnMachine', undefined])
  })

  it.each([
    { name: 'drift that is only shown', along: {}, more: { driftPolicy: 'Report', causes: ['drift'] } },
    { name: 'its firewall, which goes along', along: { id: 'nftTable:inet reeve' }, more: {} },
  ] as const)('holds that also where a person consents to $name', ({ along, more }) => {
    const policy = { ownMachine: { machineId: 'm', unit: 'reeve.service', paths: [] } }
    const of = (id: string, { change, spec, isForeign }: Candidate): Candidate => ({
      change: { ...change, id: id as PrimitiveId },
      spec,
      isForeign,
    })
    const group = [...('id' in along ? [of(along.id, candidate())] : []), of('service:reeve.service', candidate(more))]
    const approvals = new Set(
      ['OwnMachine', 'Report'].map((brake) =>
        approvalHash(
          he1,
          brake as Withheld['brake'],
          group.map(({ change }) => change),
        ),
      ),
    )
    const held = brakes(group, { ...policy, approvals })
    expect([held?.brake, held?.approval]).toEqual(['OwnMachine', undefined])
  })
})

describe('a turn', () => {
  const turn = { manifest: mine, target: { hypervisor: he1 }, wanted: 'abc', because: 'he2 is not done' }
  const turnOf: Policy['turnOf'] = (owner) => (owner === mine ? turn : undefined)

  it('is waited for by what Git moved, also in one of its fields, and by no drift', () => {
    expect(brakes([candidate({ causes: ['drift', 'pending'] })], { turnOf })).toMatchObject({
      brake: 'Rollout',
      because: 'he2 is not done',
    })
    expect(brakes([candidate({ causes: ['drift'] })], { turnOf })).toBeUndefined()
    expect(brakes([candidate({ owners: [other] })], { turnOf })).toBeUndefined()
    expect(brakes([candidate({ owners: [other, mine] })], { turnOf })?.brake).toBe('Rollout')
  })

  it('comes after what needs a person', () => {
    expect(brakes([candidate({ impact: 'outage' })], { turnOf })?.brake).toBe('Outage')
  })

  it('is one consent for all that the manifest asks for there, and is told as one', () => {
    const [one, two] = [candidate(), candidate({ name: 'b' })].map((each) => brakes([each], { turnOf }))
    expect(one?.approval).toBe(two?.approval)
    expect(brakes([candidate()], { turnOf, approvals: new Set([one?.approval ?? '']) })).toBeUndefined()
    const moved = brakes([candidate()], { turnOf: () => ({ ...turn, wanted: 'abd' }) })
    expect(moved?.approval).not.toBe(one?.approval)
    const restart = brakes([candidate({ name: 'c', impact: 'restart' })])
    const withheld = [one, restart, two, moved].flatMap((each) => each ?? [])
    expect(joinTurns(withheld).map(({ brake, changes }) => [brake, changes.map(({ id }) => id)])).toEqual([
      ['Restart', ['file:/etc/c']],
      ['Rollout', ['file:/etc/a', 'file:/etc/b']],
      ['Rollout', ['file:/etc/a']],
    ])
    expect(joinTurns([])).toEqual([])
  })
})

describe('consent', () => {
  it('is to a host, a brake, and each change: another value, target or action is another', () => {
    const { change } = candidate()
    const base = approvalHash(he1, 'Restart', [change])
    const field = change.fields[0] as PlannedChange['fields'][number]
    const others = [
      approvalHash('he2' as HypervisorName, 'Restart', [change]),
      approvalHash(he1, 'Outage', [change]),
      approvalHash(he1, 'Restart', [change, change]),
      approvalHash(he1, 'Restart', [{ ...change, action: 'delete' }]),
      approvalHash(he1, 'Restart', [{ ...change, fields: [{ ...field, after: 'newer' }] }]),
      approvalHash(he1, 'Restart', [{ ...change, fields: [{ ...field, after: undefined }] }]),
      approvalHash(he1, 'Restart', [{ ...change, target: { hypervisor: he1, inside: 'web' as never, provider: 'lxc' } }]),
    ]
    expect(new Set([base, ...others]).size).toBe(8)
    // What it was before, and why it differs, is not what is consented to.
    expect(approvalHash(he1, 'Restart', [{ ...change, fields: [{ ...field, before: 'older', cause: 'drift' }] }])).toBe(base)
  })
})

it.each([
  [5, 5, false],
  [6, 6, true],
  [6, 19, true],
  [6, 20, false],
  [30, 100, false],
  [31, 100, true],
  [0, 0, false],
])('%i of %i things deleted at once: a mass delete is %s', (deletions, owned, isMass) => {
  expect(isMassDelete(deletions, owned)).toBe(isMass)
})
