import { describe, expect, test } from 'vitest'
import { approvalHash } from '../../controller/engine/brake.ts'
import type { PlanInput } from '../../controller/engine/input.ts'
import { nothingRead } from '../../controller/engine/peers.ts'
import { contextOf, planRetirements } from '../../controller/engine/retire.ts'
import type { HypervisorName, ManifestId, PrimitiveId } from '../../controller/model/ids.ts'
import { primitiveId } from '../../controller/model/ids.ts'
import type { Ledger, LedgerEntry } from '../../controller/model/ledger.ts'
import type { Observed } from '../../controller/model/observation.ts'
import { type AnyPrimitive, definePrimitive, type Retirement, type Spec } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'

const hypervisor = 'he1' as HypervisorName
const step = { title: 'remove', run: sh`:` }

/** A sort of thing, and how such a one goes; without `retire` it cannot be removed at all. */
function sort(type: string, retire?: (entry: LedgerEntry) => Retirement, more: Partial<AnyPrimitive> = {}): AnyPrimitive {
  const primitive = definePrimitive<Spec, string>({
    type,
    release: 'unmarked',
    ownership: 'exclusive',
    fields: () => ({}),
    probe: () => sh`:`,
    parse: () => ({ items: new Map() }),
    diff: () => ({ status: 'same' }),
    steps: () => [],
    ...(retire ? { retire } : {}),
  })
  return { ...(primitive as AnyPrimitive), ...more }
}

function entry(id: string, more: Partial<LedgerEntry> = {}): LedgerEntry {
  const [type = '', name = ''] = id.split(':')
  return {
    target: 'he1',
    id: primitiveId(type, name),
    owners: ['Thing/one'],
    files: ['one.yaml'],
    fields: { value: 'a' },
    deletionPolicy: 'Delete',
    state: 'done',
    commit: 'c0',
    ...more,
  }
}

const sorts = [
  sort('thing', () => ({ impact: 'none', steps: [step] })),
  sort('page', () => ({ impact: 'none', steps: [step] }), { isLoaded: true }),
  sort('disk', () => ({ impact: 'none', steps: [step] }), { isGround: true }),
  sort('kept', () => ({ impact: 'none', steps: [], keptBecause: 'somebody else writes into it' })),
  sort('mute'),
]
const present: Observed<unknown> = { status: 'present', state: 'a' }

/** What the ledger knows, each of it there on the host unless `found` says otherwise. */
function retirementsOf(entries: readonly LedgerEntry[], more: Partial<PlanInput> = {}, found: Record<string, Observed<unknown>> = {}) {
  return planRetirements(inputOf(entries, more, found))
}

function inputOf(entries: readonly LedgerEntry[], more: Partial<PlanInput> = {}, found: Record<string, Observed<unknown>> = {}): PlanInput {
  const header: Ledger['header'] = { format: 1, fleet: 'fleet', hypervisor: 'he1', machineId: 'm', epoch: 1, generation: 4, commit: 'c0' }
  const keyed = entries.map((one) => [`${one.target} ${one.id}`, one] as const)
  return {
    desired: { hypervisor, fleet: 'fleet', commit: 'c1', vitals: [], items: [] },
    ledger: { header, entries: new Map(keyed) },
    observed: new Map([...keyed.map(([key]) => [key, present] as const), ...Object.entries(found)]),
    marked: [],
    primitives: new Map(sorts.map((one) => [one.type, one])),
    policy: { approvals: new Set(), isWindowOpen: () => false, suspendedBecause: () => undefined },
    peers: nothingRead,
    sourceFile: () => 'one.yaml',
    removalOf: () => ({ status: 'removed' }),
    ...more,
  }
}

const idsOf = (all: readonly { readonly id: string }[]): readonly string[] => all.map(({ id }) => id)
const goesOf = (entries: readonly LedgerEntry[], more: Partial<PlanInput> = {}): readonly string[] =>
  retirementsOf(entries, more).transactions.map(({ target, changes }) => `${target.inside === undefined ? '' : 'inside '}${changes[0]?.id}`)
const suspending = (...names: readonly string[]): PlanInput['policy'] => ({
  approvals: new Set(),
  isWindowOpen: () => false,
  suspendedBecause: (owner: ManifestId) => (names.includes(owner) ? 'wait' : undefined),
})

describe('what Git gave up', () => {
  test('goes by the steps of its sort, in a transaction of its own, and is ours again where that is undone', () => {
    const gone = entry('thing:a')
    const change = {
      id: 'thing:a',
      action: 'delete',
      impact: 'none',
      fields: [{ field: 'existence', before: 'present', after: undefined, cause: 'pending' }],
      target: { hypervisor },
      owners: ['Thing/one'],
    }
    expect(retirementsOf([gone])).toEqual({
      transactions: [
        {
          target: { hypervisor },
          changes: [change],
          steps: [step],
          owners: ['Thing/one'],
          needs: [],
          isJob: false,
          ledger: { begun: [], done: [], undone: [gone], removed: [{ target: 'he1', id: 'thing:a' }] },
        },
      ],
      withheld: [],
      forgotten: [],
      orphans: [],
    })
  })

  test('and leaves something behind: that is ours from then on, with the same owners and policy', () => {
    const trash = sort('disk', () => ({ impact: 'none', steps: [step], leaves: primitiveId('disk', 'trash') }))
    const { transactions } = retirementsOf([entry('disk:a', { owners: ['Thing/one', 'Thing/two'] })], {
      primitives: new Map([['disk', trash]]),
    })
    const left = { target: 'he1', id: 'disk:trash', owners: ['Thing/one', 'Thing/two'], files: ['one.yaml'], deletionPolicy: 'Delete' }
    expect(transactions[0]?.ledger.done).toEqual([{ ...left, fields: {}, state: 'done', commit: 'c1' }])
  })

  test('is forgotten where it is gone already, or where its sort leaves nothing to remove', () => {
    const said = retirementsOf([entry('thing:a'), entry('mute:b')], {}, { 'he1 thing:a': { status: 'absent' } })
    expect(said).toEqual({
      transactions: [],
      withheld: [],
      forgotten: [
        { target: 'he1', id: 'thing:a' },
        { target: 'he1', id: 'mute:b' },
      ],
      orphans: [],
    })
  })

  test.each<[string, LedgerEntry, Partial<PlanInput>, Record<string, Observed<unknown>>, string]>([
    [
      'where Git does not surely give it up',
      entry('thing:a'),
      { removalOf: () => ({ status: 'frozen', because: 'the fleet is empty' }) },
      {},
      'the fleet is empty',
    ],
    [
      'where it cannot be seen',
      entry('thing:a'),
      {},
      { 'he1 thing:a': { status: 'unknown', reason: 'no answer' } },
      'kept while it cannot be seen: no answer',
    ],
    ['where nobody looked', entry('thing:a'), { observed: new Map() }, {}, 'kept while it cannot be seen: it was not probed'],
    ['under Retain', entry('thing:a', { deletionPolicy: 'Retain' }), {}, {}, 'its manifest is gone; kept because deletionPolicy is Retain'],
    [
      'under Unmount, where its sort does nothing then',
      entry('mute:a', { deletionPolicy: 'Unmount' }),
      {},
      {},
      'its manifest is gone; kept because deletionPolicy is Unmount',
    ],
    ['where its sort says why', entry('kept:a'), {}, {}, 'its manifest is gone; kept because somebody else writes into it'],
    ['where this Reeve knows no such sort', entry('newer:a'), {}, {}, 'its manifest is gone; kept because deletionPolicy is Delete'],
    [
      'under Retain, where this Reeve knows no such sort',
      entry('newer:a', { deletionPolicy: 'Retain' }),
      {},
      {},
      'its manifest is gone; kept because deletionPolicy is Retain',
    ],
  ])('is kept and told %s', (_, given, more, found, because) => {
    const orphan = { target: 'he1', id: given.id, owners: ['Thing/one'], because }
    expect(retirementsOf([given], more, found)).toEqual({ transactions: [], withheld: [], forgotten: [], orphans: [orphan] })
  })

  test('a sort with a way to go under Retain goes that way', () => {
    const marked = sort('line', () => ({ impact: 'none', steps: [step] }), { retiresRetained: true })
    const { transactions } = retirementsOf([entry('line:a', { deletionPolicy: 'Retain' })], { primitives: new Map([['line', marked]]) })
    expect(transactions.map(({ changes }) => changes[0]?.id)).toEqual(['line:a'])
  })

  test('and what is still wanted is none of it', () => {
    const spec: Spec = { type: 'thing', id: primitiveId('thing', 'a') }
    const items = [{ target: { hypervisor }, spec, owners: ['Thing/one' as ManifestId] }]
    const said = retirementsOf([entry('thing:a'), entry('thing:b')], {
      desired: { hypervisor, fleet: 'fleet', commit: 'c1', vitals: [], items },
    })
    expect(said.transactions.map(({ changes }) => changes[0]?.id)).toEqual(['thing:b'])
  })

  test('without a ledger is nothing', () => {
    expect(retirementsOf([], { ledger: undefined })).toEqual({ transactions: [], withheld: [], forgotten: [], orphans: [] })
  })
})

describe('what a person suspended', () => {
  test('is withheld, and not even forgotten: by any one of its owners', () => {
    const shared = { owners: ['Thing/one', 'Thing/two'] }
    const said = retirementsOf([entry('thing:a', shared), entry('mute:b', shared), entry('thing:c')], { policy: suspending('Thing/two') })
    expect(said.withheld).toMatchObject([{ brake: 'Suspended', changes: [{ id: 'thing:a' }] }])
    expect(said.transactions.map(({ changes }) => changes[0]?.id)).toEqual(['thing:c'])
    expect(said.forgotten).toEqual([])
  })
})

describe('many removals at once', () => {
  const many = Array.from({ length: 12 }, (_, index) => entry(`thing:${index}`, index === 3 ? { owners: ['Thing/two'] } : {}))

  test('are withheld together, with their number and the approval for exactly them', () => {
    const said = retirementsOf(many)
    const changes = said.withheld[0]?.changes ?? []
    expect(said.transactions).toEqual([])
    expect(idsOf(changes)).toEqual(many.map(({ id }) => id))
    expect(said.withheld).toEqual([
      {
        brake: 'MassDelete',
        changes,
        approval: approvalHash(hypervisor, 'MassDelete', changes),
        because: '12 of 12 things that Reeve owns here would be removed at once',
      },
    ])
  })

  test('go where a person consents to them, but for what one suspended or what disrupts', () => {
    const approval = retirementsOf(many).withheld[0]?.approval ?? ''
    expect(goesOf(many, { policy: { ...suspending(), approvals: new Set([approval]) } })).toHaveLength(12)
    const said = retirementsOf(many, { policy: { ...suspending('Thing/two'), approvals: new Set([approval]) } })
    expect(said.transactions).toHaveLength(11)
    expect(said.withheld).toMatchObject([{ brake: 'Suspended', changes: [{ id: 'thing:3' }] }])
  })

  test('of the controller itself does not go whoever consents', () => {
    const primitives = new Map(['thing', 'service'].map((type) => [type, sort(type, () => ({ impact: 'none', steps: [step] }))]))
    const all = [...many, entry('service:reeve.service')]
    const approval = retirementsOf(all, { primitives }).withheld[0]?.approval ?? ''
    const ownMachine = { machineId: 'm', unit: 'reeve.service', paths: [] }
    const said = retirementsOf(all, { primitives, policy: { ...suspending(), approvals: new Set([approval]), ownMachine } })
    expect(said.transactions).toHaveLength(12)
    expect(said.withheld).toMatchObject([{ brake: 'OwnMachine', changes: [{ id: 'service:reeve.service' }] }])
  })

  test('consent to them is consent to what they lose, which else is asked for by itself', () => {
    const losing = sort('thing', () => ({ impact: 'dataLoss', steps: [step] }))
    const primitives = new Map([['thing', losing]])
    const approval = retirementsOf(many, { primitives }).withheld[0]?.approval ?? ''
    expect(goesOf(many, { primitives, policy: { ...suspending(), approvals: new Set([approval]) } })).toHaveLength(12)
    const said = retirementsOf(many.slice(0, 1), { primitives })
    expect(said).toMatchObject({ transactions: [], withheld: [{ brake: 'DataLoss', because: 'thing:0 would lose data' }] })
  })
})

describe('the order', () => {
  test('inside a container first; what services load before them, what others lie on last; else the newest first', () => {
    const inside = { target: 'he1/web' }
    const all = [entry('disk:1'), entry('thing:1'), entry('page:1'), entry('thing:2'), entry('disk:2', inside), entry('thing:3', inside)]
    const spare = Array.from({ length: 40 }, (_, index) => entry(`kept:${index}`))
    expect(goesOf([...all, ...spare])).toEqual(['inside thing:3', 'inside disk:2', 'page:1', 'thing:2', 'thing:1', 'disk:1'])
  })
})

describe('what carries our mark', () => {
  test('and neither Git nor the ledger knows is kept and told; what they know, or another fleet marked, is not', () => {
    const mark = (fleet: string) => ({ fleet, owner: 'Thing/lost' })
    const marked = ['thing:lost', 'thing:known'].map((id) => ({ target: 'he1', id: id as PrimitiveId, mark: mark('fleet') }))
    const theirs = { target: 'he1', id: 'thing:theirs' as PrimitiveId, mark: mark('another') }
    const said = retirementsOf([entry('thing:known')], { marked: [...marked, theirs] as PlanInput['marked'] })
    const because = 'it carries the mark of this fleet, and neither Git nor the ledger knows it; kept'
    expect(said.orphans).toEqual([{ target: 'he1', id: 'thing:lost', owners: ['Thing/lost'], because }])
  })
})

describe('what the steps of a removal are told', () => {
  test('fleet, owners, what is known last, what was seen beside it, and the hour', () => {
    const gone = entry('thing:a')
    const found = { 'he1 thing:b': { status: 'unknown', reason: 'no answer' } as const, 'he1 thing:c': { status: 'absent' } as const }
    const { observed, ...rest } = contextOf(gone, inputOf([gone], { nowSeconds: 7 }, found))
    expect(rest).toEqual({ fleet: 'fleet', owners: ['Thing/one'], last: gone, staged: [], nowSeconds: 7, peers: nothingRead })
    expect(['thing:a', 'thing:b', 'thing:c', 'thing:d'].map((id) => observed(id as PrimitiveId))).toEqual([
      present,
      undefined,
      { status: 'absent' },
      undefined,
    ])
    expect(contextOf(gone, inputOf([gone]))).not.toHaveProperty('nowSeconds')
  })
})
