import { describe, expect, it } from 'vitest'
import type { Changed } from '../../controller/engine/group.ts'
import type { PlanInput } from '../../controller/engine/input.ts'
import { hashFields } from '../../controller/engine/ledger.ts'
import { nothingRead } from '../../controller/engine/peers.ts'
import { doneEntry, transactionOf } from '../../controller/engine/transaction.ts'
import { type HypervisorName, type ManifestId, type PrimitiveId, primitiveId } from '../../controller/model/ids.ts'
import type { LedgerEntry } from '../../controller/model/ledger.ts'
import type { Observed } from '../../controller/model/observation.ts'
import { definePrimitive, type NetworkProbe, type Spec, type StepContext, type Verdict } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'

const target = { hypervisor: 'he1' as HypervisorName }
const [one, two] = ['Proxy/one' as ManifestId, 'Proxy/two' as ManifestId]

interface ThingSpec extends Spec<'thing'> {
  readonly verdict?: Verdict
  readonly isStaged?: boolean
  readonly isJob?: boolean
}

/** What the steps of each thing were told. */
const contexts = new Map<PrimitiveId, StepContext>()

const thingPrimitive = definePrimitive<ThingSpec, string>({
  type: 'thing',
  release: 'unmarked',
  ownership: 'exclusive',
  fields: () => ({}),
  probe: () => sh`:`,
  parse: () => ({ items: new Map() }),
  diff: () => ({ status: 'same' }),
  steps(spec, _change, _observed, context) {
    contexts.set(spec.id, context)
    return [
      { title: `change ${spec.id}`, run: sh`:`, ...(spec.isJob ? { job: true as const } : {}) },
      { title: `arm ${spec.id}`, phase: 'arm', run: sh`:` },
    ]
  },
  retire: () => ({ impact: 'none', steps: [] }),
  previous: (_spec, observed) => (observed.status === 'present' ? `was ${observed.state}` : undefined),
  staged: (spec) => (spec.isStaged ? { live: `/etc/${spec.id}`, staged: `/etc/${spec.id}.new` } : undefined),
  verdict: (spec) => spec.verdict,
})

interface Wish extends Partial<ThingSpec> {
  readonly name?: string
  readonly owners?: readonly ManifestId[]
  readonly found?: string
  readonly entry?: LedgerEntry
}

function changed({ name = 'a', owners = [one], found, entry, ...more }: Wish = {}): Changed {
  const spec: ThingSpec = { type: 'thing', id: primitiveId('thing', name), ...more }
  return {
    status: 'change',
    item: { target, spec, owners },
    observed: found === undefined ? { status: 'absent' } : { status: 'present', state: found },
    entry,
    hashes: hashFields({ value: 'new' }, 'fleet'),
    wanted: { action: 'update', impact: 'none', fields: [] },
    fields: [],
    isForeign: false,
  }
}

function inputOf(more: Partial<PlanInput> = {}): PlanInput {
  return {
    desired: { hypervisor: target.hypervisor, fleet: 'fleet', commit: 'c1', vitals: [], items: [] },
    ledger: undefined,
    observed: new Map(),
    marked: [],
    primitives: new Map([['thing', thingPrimitive]]),
    policy: { approvals: new Set(), isWindowOpen: () => false, suspendedBecause: () => undefined },
    peers: nothingRead,
    sourceFile: (owner) => `${owner.slice(-3)}.yaml`,
    removalOf: () => ({ status: 'removed' }),
    ...more,
  }
}

const before: LedgerEntry = {
  target: 'he1',
  id: primitiveId('thing', 'a'),
  owners: [one],
  files: ['old.yaml'],
  fields: { value: 'old hash' },
  deletionPolicy: 'Retain',
  state: 'done',
  commit: 'c0',
  previous: 'theirs',
}
const probe = (port: number): NetworkProbe => ({ type: 'tcp', host: '192.0.2.1', port })

describe('the lines of the ledger', () => {
  it('of what is made: begun without its fields, done with them, and nothing to go back to', () => {
    const made: LedgerEntry = {
      target: 'he1',
      id: primitiveId('thing', 'a'),
      owners: [one],
      files: ['one.yaml'],
      fields: hashFields({ value: 'new' }, 'fleet'),
      deletionPolicy: 'Delete',
      state: 'done',
      commit: 'c1',
    }
    expect(transactionOf([changed()], inputOf()).ledger).toEqual({
      begun: [{ ...made, fields: {}, state: 'begun' }],
      done: [made],
      undone: [],
      removed: [],
    })
  })

  it('of what is changed: begun with the fields of before, and undone as before', () => {
    const { begun, done, undone } = transactionOf([changed({ entry: before, found: 'x', deletionPolicy: 'Retain' })], inputOf()).ledger
    expect(begun).toMatchObject([{ fields: { value: 'old hash' }, state: 'begun', commit: 'c1', previous: 'theirs' }])
    expect(done).toMatchObject([{ deletionPolicy: 'Retain', state: 'done', previous: 'theirs' }])
    expect(undone).toEqual([before])
  })

  it('keep what was there when it was taken over, and of what was ours what the ledger knew', () => {
    expect(doneEntry(changed({ found: 'x' }), inputOf())).toMatchObject({ previous: 'was x' })
    expect(doneEntry(changed(), inputOf())).not.toHaveProperty('previous')
    const { previous: _, ...without } = before
    expect(doneEntry(changed({ found: 'x', entry: without }), inputOf())).not.toHaveProperty('previous')
  })

  it('name each file once, and the version of each manifest where several ask for it', () => {
    const generationOf = (owner: ManifestId): string | undefined => (owner === one ? '0123456789abcdef' : undefined)
    const shared = changed({ owners: [one, two] })
    expect(doneEntry(shared, inputOf({ generationOf }))).toMatchObject({
      files: ['one.yaml', 'two.yaml'],
      versions: { [one]: '0123456789ab', [two]: '' },
    })
    expect(doneEntry(shared, inputOf({ sourceFile: () => 'both.yaml' }))).toMatchObject({ files: ['both.yaml'] })
    expect(doneEntry(shared, inputOf())).not.toHaveProperty('versions')
    expect(doneEntry(changed(), inputOf({ generationOf }))).not.toHaveProperty('versions')
  })
})

describe('a transaction', () => {
  it('is its steps by phase, the manifests of all its changes once, and a job where one of its steps is', () => {
    const transaction = transactionOf([changed({ owners: [one, two] }), changed({ name: 'b', owners: [two] })], inputOf())
    expect(transaction.steps.map(({ title }) => title)).toEqual(['arm thing:a', 'arm thing:b', 'change thing:a', 'change thing:b'])
    expect([transaction.owners, transaction.needs, transaction.isJob, transaction.target]).toEqual([[one, two], [], false, target])
    expect(transaction.changes.map(({ id }) => id)).toEqual(['thing:a', 'thing:b'])
    expect(transactionOf([changed(), changed({ name: 'b', isJob: true })], inputOf()).isJob).toBe(true)
    expect(() => transactionOf([], inputOf())).toThrow('a transaction needs a change')
  })

  it('tells each step the fleet, its owners, what the ledger knew, what is staged beside it, and what else was seen', () => {
    const observed = new Map<string, Observed<unknown>>([
      ['he1 thing:seen', { status: 'present', state: 'x' }],
      ['he1 thing:dark', { status: 'unknown', reason: 'no answer' }],
    ])
    transactionOf([changed({ owners: [one, two], entry: before }), changed({ name: 'b', isStaged: true })], inputOf({ observed }))
    const context = contexts.get(primitiveId('thing', 'a'))
    expect(context).toMatchObject({ fleet: 'fleet', owners: [one, two], last: before, peers: nothingRead })
    expect(context?.staged).toEqual([{ live: '/etc/thing:b', staged: '/etc/thing:b.new' }])
    const seen = ['seen', 'dark', 'never'].map((name) => context?.observed(primitiveId('thing', name)))
    expect(seen).toEqual([{ status: 'present', state: 'x' }, undefined, undefined])
  })

  it('asks all that one of its changes must prove, for the longest of their times, and takes the worst that it could lock out', () => {
    const verdict = (port: number, withinMs: number, lockOut?: Verdict['lockOut']): Verdict => ({
      probes: [probe(port)],
      withinMs,
      ...(lockOut ? { lockOut } : {}),
    })
    const proven = (...wishes: readonly Wish[]) =>
      transactionOf(
        wishes.map((wish, index) => changed({ name: `${index}`, ...wish })),
        inputOf(),
      ).verdict
    expect(proven({}, {})).toBeUndefined()
    expect(proven({ verdict: verdict(1, 1000) }, { confirm: verdict(2, 3000), verdict: verdict(3, 2000) })).toEqual({
      probes: [probe(1), probe(3), probe(2)],
      withinMs: 3000,
    })
    expect(proven({ verdict: verdict(1, 1, 'kernel') }, { verdict: verdict(2, 1) })?.lockOut).toBe('kernel')
    expect(proven({ verdict: verdict(2, 1) }, { verdict: verdict(1, 1, 'kernel') })?.lockOut).toBe('kernel')
    expect(proven({ verdict: verdict(1, 1, 'kernel') }, { verdict: verdict(2, 1, 'disk') })?.lockOut).toBe('disk')
  })
})
