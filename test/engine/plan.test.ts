import { describe, expect, it } from 'vitest'
import { driftOf } from '../../controller/engine/drift.ts'
import type { PlanInput } from '../../controller/engine/input.ts'
import { hashFields } from '../../controller/engine/ledger.ts'
import { nothingRead } from '../../controller/engine/peers.ts'
import { makePlan } from '../../controller/engine/plan.ts'
import type { Impact } from '../../controller/model/change.ts'
import type { HypervisorName, ManifestId } from '../../controller/model/ids.ts'
import { primitiveId } from '../../controller/model/ids.ts'
import type { Ledger, LedgerEntry } from '../../controller/model/ledger.ts'
import type { Observed } from '../../controller/model/observation.ts'
import { definePrimitive, type Spec } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'

const target = { hypervisor: 'he1' as HypervisorName }
const owner = 'Thing/one' as ManifestId

interface ThingSpec extends Spec<'thing'> {
  readonly value: string
  readonly impact?: Impact
  readonly loads?: readonly ThingSpec['id'][]
  readonly isVerdict?: boolean
  readonly isJob?: boolean
  readonly byPeer?: true
}

const thingPrimitive = definePrimitive<ThingSpec, string>({
  type: 'thing',
  release: 'unmarked',
  ownership: 'exclusive',
  fields: (spec) => ({ value: spec.value }),
  probe: () => sh`:`,
  parse: () => ({ items: new Map() }),
  diff: (spec, observed) =>
    spec.id === 'thing:refused'
      ? { status: 'refused', reasons: ['never'] }
      : observed.status === 'present' && observed.state === spec.value
        ? { status: 'same' }
        : {
            status: 'change',
            change: {
              action: observed.status === 'absent' ? 'create' : 'update',
              impact: spec.impact ?? 'none',
              fields: [
                {
                  field: 'value',
                  before: observed.status === 'present' ? observed.state : undefined,
                  after: spec.value,
                  ...(spec.byPeer ? { byPeer: true as const } : {}),
                },
              ],
            },
          },
  steps: (spec, change) => [
    { title: `arm ${spec.id}`, phase: 'arm', run: sh`:` },
    { title: `${change.action} ${spec.id}`, run: sh`:`, ...(spec.isJob ? { job: true as const } : {}) },
    ...(spec.loads ? [{ title: `reload ${spec.id}`, phase: 'load' as const, run: sh`:` }] : []),
  ],
  retire: (entry) => ({ impact: 'none', steps: [{ title: `remove ${entry.id}`, run: sh`:` }] }),
  loads: (spec) => spec.loads ?? [],
  reload: () => ({ action: 'update', impact: 'reload', fields: [] }),
  verdict: (spec) => (spec.isVerdict ? { probes: [], withinMs: 1000 } : undefined),
})

function thing(name: string, value: string, more: Partial<ThingSpec> = {}): ThingSpec {
  return { type: 'thing', id: primitiveId('thing', name), value, ...more }
}

function entry(name: string, value: string, more: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    target: 'he1',
    id: primitiveId('thing', name),
    owners: [owner],
    files: ['one.yaml'],
    fields: hashFields({ value }, 'fleet'),
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c0',
    ...more,
  }
}

interface World {
  readonly specs: readonly ThingSpec[]
  readonly found?: Readonly<Record<string, string | null | undefined>>
  readonly ledger?: readonly LedgerEntry[]
  readonly input?: Partial<PlanInput>
}

/** `found`: value, null for absent; what is not named is unknown. */
function planOf({ specs, found = {}, ledger, input = {} }: World) {
  const observed = new Map<string, Observed<unknown>>(
    Object.entries(found).map(([name, value]) => [
      `he1 thing:${name}`,
      value === null ? { status: 'absent' } : { status: 'present', state: value },
    ]),
  )
  const entries = new Map((ledger ?? []).map((one) => [`${one.target} ${one.id}`, one]))
  const header: Ledger['header'] = { format: 1, fleet: 'fleet', hypervisor: 'he1', machineId: 'm', epoch: 1, generation: 4, commit: 'c0' }
  return makePlan({
    desired: {
      hypervisor: target.hypervisor,
      fleet: 'fleet',
      commit: 'c1',
      vitals: [],
      items: specs.map((spec) => ({ target, spec, owners: [owner] })),
    },
    ledger: ledger === undefined ? undefined : { header, entries },
    observed,
    marked: [],
    primitives: new Map([['thing', thingPrimitive]]),
    policy: { approvals: new Set(), isWindowOpen: () => false, suspendedBecause: () => undefined },
    peers: nothingRead,
    sourceFile: () => 'one.yaml',
    removalOf: () => ({ status: 'removed' }),
    ...input,
  })
}

const titles = (plan: ReturnType<typeof planOf>): readonly (readonly string[])[] =>
  plan.transactions.map((transaction) => transaction.steps.map((step) => step.title))

describe('a plan', () => {
  it('is empty where everything is as wanted and known, also for another commit', () => {
    const plan = planOf({ specs: [thing('a', 'x')], found: { a: 'x' }, ledger: [entry('a', 'x')] })
    expect([plan.transactions, plan.records, plan.forgotten, plan.withheld]).toEqual([[], [], [], []])
  })

  it('leaves alone what could not be read, and what needs it', () => {
    const a = thing('a', 'x')
    const plan = planOf({ specs: [a, thing('b', 'x', { needs: [{ target, id: a.id }] })], found: { b: null } })
    expect(plan.transactions).toEqual([])
    expect(plan.unknown).toMatchObject([{ id: 'thing:a', reason: 'it was not probed' }])
    expect(plan.withheld).toMatchObject([{ brake: 'Waiting', because: 'waits: thing:a is unknown: it was not probed' }])
  })

  it('orders by need, not by name', () => {
    const z = thing('z', 'x')
    const plan = planOf({ specs: [thing('a', 'x', { needs: [{ target, id: z.id }] }), z], found: { a: null, z: null } })
    expect(plan.transactions.map((transaction) => transaction.changes[0]?.id)).toEqual(['thing:z', 'thing:a'])
    expect(plan.transactions[1]?.needs).toEqual([0])
  })

  it('joins a service and what it loads into one transaction: armed first, reloaded last', () => {
    const file = thing('file', 'new')
    const plan = planOf({
      specs: [thing('service', 'on', { loads: [file.id] }), file],
      found: { service: 'on', file: 'old' },
      ledger: [entry('service', 'on'), entry('file', 'old')],
    })
    expect(titles(plan)).toEqual([
      ['arm thing:file', 'arm thing:service', 'update thing:file', 'update thing:service', 'reload thing:service'],
    ])
    expect(plan.transactions[0]?.changes.map((change) => [change.id, change.impact])).toEqual([
      ['thing:file', 'none'],
      ['thing:service', 'reload'],
    ])
  })

  it('says of a service what it loaded, not what it is to load: neither with a change that waits nor with one that is undone', () => {
    const specs = (loads: ThingSpec['loads'] = []) => [
      thing('wall', 'x', { isVerdict: true }),
      thing('service', 'on', { loads }),
      thing('file', 'new', { isVerdict: true }),
    ]
    const world = { found: { wall: null, service: 'on', file: 'old' }, ledger: [entry('service', 'off'), entry('file', 'old')] }
    const plan = planOf({ ...world, specs: specs([primitiveId('thing', 'file')]) })
    expect(titles(plan)).toEqual([['arm thing:wall', 'create thing:wall']])
    expect(plan.records).toEqual([])
    expect(planOf({ ...world, specs: specs() }).records).toMatchObject([{ id: 'thing:service', state: 'done' }])
  })

  it('withholds restart and worse unless the manifest, its window or a person allows it, and says which hash to approve', () => {
    const specs = [thing('a', 'new', { impact: 'restart' })]
    const world = { specs, found: { a: 'old' }, ledger: [entry('a', 'old')] }
    const plan = planOf(world)
    expect(plan.transactions).toEqual([])
    expect(plan.withheld).toMatchObject([{ brake: 'Restart', because: 'thing:a needs a restart and restarts is Never' }])
    const approvals = new Set([plan.withheld[0]?.approval ?? ''])
    expect(
      planOf({ ...world, input: { policy: { approvals, isWindowOpen: () => false, suspendedBecause: () => undefined } } }).transactions,
    ).toHaveLength(1)
    expect(
      planOf({
        ...world,
        specs: [thing('a', 'other', { impact: 'restart' })],
        input: { policy: { approvals, isWindowOpen: () => false, suspendedBecause: () => undefined } },
      }).transactions,
    ).toEqual([])
    const inWindow = { ...world, specs: [thing('a', 'new', { impact: 'restart', restarts: 'InWindow' as const })] }
    expect(planOf(inWindow).withheld[0]?.because).toContain('its maintenance window is closed')
    expect(
      planOf({ ...inWindow, input: { policy: { approvals: new Set(), isWindowOpen: () => true, suspendedBecause: () => undefined } } })
        .transactions,
    ).toHaveLength(1)
  })

  it('shows drift and repairs nothing where driftPolicy is Report, but follows Git', () => {
    const report = { driftPolicy: 'Report' as const }
    expect(planOf({ specs: [thing('a', 'x', report)], found: { a: 'moved' }, ledger: [entry('a', 'x')] }).withheld).toMatchObject([
      { brake: 'Report' },
    ])
    expect(planOf({ specs: [thing('a', 'new', report)], found: { a: 'x' }, ledger: [entry('a', 'x')] }).transactions).toHaveLength(1)
  })

  it('repairs nothing where driftPolicy is Report and a service that is as wanted would have to load the repair', () => {
    const report = { driftPolicy: 'Report' as const }
    const file = thing('file', 'x', report)
    const specs = [thing('service', 'on', { loads: [file.id], ...report }), file]
    const ledger = [entry('file', 'x'), entry('service', 'on')]
    const drifted = planOf({ specs, found: { file: 'moved', service: 'on' }, ledger })
    expect(drifted.transactions).toEqual([])
    expect(drifted.withheld).toMatchObject([{ brake: 'Report' }])
    const followed = planOf({ specs: [specs[0] as ThingSpec, thing('file', 'new', report)], found: { file: 'x', service: 'on' }, ledger })
    expect(followed.transactions).toHaveLength(1)
  })

  it('does nothing to what is suspended, not even in the ledger', () => {
    const policy = { approvals: new Set<string>(), isWindowOpen: () => false, suspendedBecause: () => 'a person works on it' }
    const plan = planOf({ specs: [thing('a', 'x'), thing('b', 'x')], found: { a: null, b: 'x' }, input: { policy } })
    expect([plan.transactions, plan.records]).toEqual([[], []])
    expect(plan.withheld).toMatchObject([{ brake: 'Suspended' }])
  })

  it('takes over what is equal, refuses what differs and is not ours, and replaces it only where asked', () => {
    expect(planOf({ specs: [thing('a', 'x')], found: { a: 'x' } }).records).toMatchObject([{ id: 'thing:a', state: 'begun' }])
    expect(planOf({ specs: [thing('a', 'x')], found: { a: 'x' }, ledger: [entry('a', 'x', { state: 'begun' })] }).records).toMatchObject([
      { id: 'thing:a', state: 'done' },
    ])
    expect(planOf({ specs: [thing('a', 'x')], found: { a: 'theirs' } }).withheld).toMatchObject([{ brake: 'Adopt' }])
    expect(planOf({ specs: [thing('a', 'x', { adopt: 'Replace' })], found: { a: 'theirs' } }).transactions).toHaveLength(1)
    expect(
      planOf({ specs: [thing('a', 'x', { adopt: 'Replace', impact: 'outage', restarts: 'Always' })], found: { a: 'theirs' } }).withheld,
    ).toMatchObject([{ brake: 'Adopt', because: expect.stringContaining('taking it over has the impact outage') }])
    expect(planOf({ specs: [thing('a', 'x', { adopt: 'Never' })], found: { a: 'theirs' } }).withheld[0]?.approval).toBeUndefined()
  })

  it('makes nothing that only a refused thing of the same manifest needs', () => {
    const a = thing('a', 'x')
    const b = thing('b', 'x', { needs: [{ target, id: a.id }] })
    const plan = planOf({
      specs: [a, b, thing('refused', 'x', { needs: [{ target, id: b.id }] }), thing('free', 'x')],
      found: { a: null, b: null, refused: null, free: null },
    })
    expect(plan.transactions.map((transaction) => transaction.changes[0]?.id)).toEqual(['thing:free'])
    expect(plan.withheld.map((withheld) => withheld.because)).toEqual(Array(2).fill('waits: thing:refused, which it is for, is refused'))
  })

  it('plans at most one verdict, last, and leaves what needs it or a job to the next pass', () => {
    const wall = thing('wall', 'x', { isVerdict: true })
    const job = thing('job', 'x', { isJob: true })
    const specs = [
      wall,
      thing('wall2', 'x', { isVerdict: true }),
      job,
      thing('after', 'x', { needs: [{ target, id: job.id }] }),
      thing('free', 'x'),
    ]
    const plan = planOf({ specs, found: { wall: null, wall2: null, job: null, after: null, free: null } })
    expect(plan.transactions.map((transaction) => transaction.changes[0]?.id)).toEqual(['thing:job', 'thing:free', 'thing:wall'])
  })
})

describe('what left Git', () => {
  it('is removed where Git surely gave it up, kept and told where it did not', () => {
    const world = { specs: [], found: { a: 'x' }, ledger: [entry('a', 'x')] }
    expect(titles(planOf(world))).toEqual([['remove thing:a']])
    const frozen = planOf({ ...world, input: { removalOf: () => ({ status: 'frozen', because: 'one.yaml cannot be read' }) } })
    expect([frozen.transactions, frozen.orphans.map((orphan) => orphan.because)]).toEqual([[], ['one.yaml cannot be read']])
  })

  it('stays where its policy is Retain, is forgotten where it is gone, and is kept while it cannot be seen', () => {
    expect(planOf({ specs: [], found: { a: 'x' }, ledger: [entry('a', 'x', { deletionPolicy: 'Retain' })] }).orphans).toHaveLength(1)
    expect(planOf({ specs: [], found: { a: null }, ledger: [entry('a', 'x')] }).forgotten).toEqual([{ target: 'he1', id: 'thing:a' }])
    expect(planOf({ specs: [], ledger: [entry('a', 'x')] }).orphans[0]?.because).toContain('cannot be seen')
  })

  it('is left to the primitive also under Retain, where that knows what to keep', () => {
    const world = { specs: [], found: { a: 'x' }, ledger: [entry('a', 'x', { deletionPolicy: 'Retain' })] }
    const keeping = new Map([['thing', { ...thingPrimitive, retiresRetained: true as const }]])
    expect(planOf({ ...world, input: { primitives: keeping } }).transactions).toHaveLength(1)
  })

  it('is owned under another name where that is what its retirement leaves', () => {
    const leaving = {
      ...thingPrimitive,
      retire: () => ({ impact: 'none' as const, steps: [{ title: 'put aside', run: sh`:` }], leaves: primitiveId('thing', 'trash') }),
    }
    const ledger = [entry('a', 'x', { previous: 'y' })]
    const [transaction] = planOf({
      specs: [],
      found: { a: 'x' },
      ledger,
      input: { primitives: new Map([['thing', leaving]]) },
    }).transactions
    expect(transaction?.ledger.removed).toEqual([{ target: 'he1', id: 'thing:a' }])
    expect(transaction?.ledger.done).toMatchObject([
      { id: 'thing:trash', owners: ledger[0]?.owners, files: ledger[0]?.files, fields: {}, state: 'done' },
    ])
    expect(transaction?.ledger.done[0]).not.toHaveProperty('previous')
  })

  it('goes in this order: what services load, then what was made last, then what others lie on', () => {
    const primitives = new Map([
      ['thing', thingPrimitive],
      ['loaded', { ...thingPrimitive, type: 'loaded', isLoaded: true as const }],
      ['ground', { ...thingPrimitive, type: 'ground', isGround: true as const }],
    ])
    // As the ledger has them where a volume was taken over after its mount.
    const ids = [
      ...[primitiveId('thing', 'package'), primitiveId('ground', 'first'), primitiveId('loaded', 'conf')],
      ...[primitiveId('thing', 'service'), primitiveId('ground', 'last')],
    ]
    const observed = new Map(ids.map((id) => [`he1 ${id}`, { status: 'present', state: 'x' } as const]))
    const ledger = ids.map((id) => ({ ...entry('x', 'x'), id }))
    const plan = planOf({ specs: [], ledger, input: { primitives, observed } as never })
    const order = plan.transactions.map(({ changes }) => changes[0]?.id)
    expect(order).toEqual(['loaded:conf', 'thing:service', 'thing:package', 'ground:last', 'ground:first'])
  })

  it('is withheld as a whole where it is more than 5 things and more than 30 % of all', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const found = Object.fromEntries(names.map((name) => [name, 'x']))
    const world = { specs: [], found, ledger: names.map((name) => entry(name, 'x')) }
    const plan = planOf(world)
    expect([plan.transactions.length, plan.withheld.map((one) => one.brake)]).toEqual([0, ['MassDelete']])
    const approvals = new Set([plan.withheld[0]?.approval ?? ''])
    expect(
      planOf({ ...world, input: { policy: { approvals, isWindowOpen: () => false, suspendedBecause: () => undefined } } }).transactions,
    ).toHaveLength(6)
    expect(planOf({ ...world, ledger: names.slice(1).map((name) => entry(name, 'x')) }).transactions).toHaveLength(5)
  })

  it('is reported where only its mark is left, the ledger being lost', () => {
    const marked = [{ target: 'he1', id: primitiveId('thing', 'old'), mark: { fleet: 'fleet', owner: 'Thing/old' } }]
    expect(planOf({ specs: [], input: { marked } }).orphans).toMatchObject([{ id: 'thing:old', owners: ['Thing/old'] }])
    expect(
      planOf({ specs: [], input: { marked: [{ ...marked[0], mark: { fleet: 'other', owner: 'x' } } as (typeof marked)[0]] } }).orphans,
    ).toEqual([])
  })
})

describe('what other targets have to do with a plan', () => {
  const peer = { target: { hypervisor: 'he2' as HypervisorName }, id: primitiveId('thing', 'there') }
  const later: PlanInput['policy']['turnOf'] = (manifest, where) => ({
    manifest,
    target: where,
    wanted: 'w',
    because: 'waits until he2 is Healthy with this commit: ill',
  })
  const policy = { approvals: new Set<string>(), isWindowOpen: () => false, suspendedBecause: () => undefined, turnOf: later }

  it('holds a change back whose peer says nothing yet, with what needs it, and calls it no drift', () => {
    const specs = [thing('a', 'new', { peers: [peer] }), thing('b', 'new', { needs: [{ target, id: primitiveId('thing', 'a') }] })]
    const plan = planOf({ specs, found: { a: 'moved', b: null }, ledger: [entry('a', 'new')] })
    expect(plan.transactions).toEqual([])
    expect(plan.withheld.map(({ brake, because, approval }) => [brake, because, approval])).toEqual([
      ['Peer', 'waits for what he2 says of thing:there', undefined],
      ['Peer', 'waits: thing:a is withheld', undefined],
    ])
    expect(driftOf(plan)).toEqual([])
  })

  it('refuses nothing before it knows what a peer says', () => {
    const specs = [thing('refused', 'new', { peers: [peer] })]
    expect(planOf({ specs, found: { refused: 'old' } }).unknown.map(({ reason }) => reason)).toEqual([
      'it waits for what he2 says of thing:there',
    ])
    const peers: PlanInput['peers'] = { isRead: () => true, of: () => ({ status: 'absent' }) }
    expect(planOf({ specs, found: { refused: 'old' }, input: { peers } }).refused).toHaveLength(1)
  })

  it('holds all that Git moved of a manifest until its turn comes, under one consent, and repairs drift', () => {
    const specs = [thing('a', 'new'), thing('b', 'new'), thing('drifted', 'same')]
    const world = {
      specs,
      found: { a: null, b: 'old', drifted: 'moved', gone: 'x' },
      ledger: [entry('b', 'old'), entry('drifted', 'same'), entry('gone', 'x')],
    }
    const plan = planOf({ ...world, input: { policy } })
    expect(plan.transactions.flatMap(({ changes }) => changes.map(({ id }) => id))).toEqual(['thing:drifted'])
    expect(plan.withheld.map(({ brake, changes }) => [brake, changes.map(({ id }) => id)])).toEqual([
      ['Rollout', ['thing:gone', 'thing:a', 'thing:b']],
    ])
    const approvals = new Set(plan.withheld.flatMap(({ approval }) => approval ?? []))
    expect(planOf({ ...world, input: { policy: { ...policy, approvals } } }).withheld).toEqual([])
    const other: PlanInput['policy']['turnOf'] = (manifest, where) => ({ manifest, target: where, wanted: 'other', because: 'waits' })
    expect(planOf({ ...world, input: { policy: { ...policy, approvals, turnOf: other } } }).withheld).toHaveLength(1)
  })

  it('follows what a peer moved at any time, also where drift is only told, and calls it no drift', () => {
    const world = {
      specs: [thing('a', 'same', { byPeer: true, driftPolicy: 'Report' })],
      found: { a: 'old' },
      ledger: [entry('a', 'same')],
    }
    const plan = planOf({ ...world, input: { policy } })
    expect(plan.transactions.flatMap(({ changes }) => changes.flatMap(({ fields }) => fields.map(({ cause }) => cause)))).toEqual(['peer'])
    expect({ drift: driftOf(plan), withheld: plan.withheld }).toEqual({ drift: [], withheld: [] })
    // Where Git moved too, that is what it is.
    const moved = planOf({ ...world, specs: [thing('a', 'new', { byPeer: true })], input: { policy } })
    expect(moved.withheld.map(({ brake, changes }) => [brake, changes[0]?.fields[0]?.cause])).toEqual([['Rollout', 'pending']])
  })

  it('asks for what needs a person before it waits for a turn', () => {
    const specs = [thing('a', 'new', { impact: 'outage' })]
    const world = { specs, found: { a: 'old' }, ledger: [entry('a', 'old')] }
    const [outage] = planOf({ ...world, input: { policy } }).withheld
    expect(outage?.brake).toBe('Outage')
    const approvals = new Set([outage?.approval ?? ''])
    expect(planOf({ ...world, input: { policy: { ...policy, approvals } } }).withheld.map(({ brake }) => brake)).toEqual(['Rollout'])
  })
})
