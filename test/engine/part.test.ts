import { describe, expect, test } from 'vitest'
import type { PlanInput } from '../../controller/engine/input.ts'
import { hashFields } from '../../controller/engine/ledger.ts'
import { nothingRead } from '../../controller/engine/peers.ts'
import { makePlan } from '../../controller/engine/plan.ts'
import type { Impact } from '../../controller/model/change.ts'
import { type HypervisorName, type ManifestId, type PrimitiveId, primitiveId } from '../../controller/model/ids.ts'
import type { Ledger, LedgerEntry } from '../../controller/model/ledger.ts'
import type { Observed } from '../../controller/model/observation.ts'
import { definePrimitive, type Spec } from '../../controller/model/primitive.ts'
import { sh } from '../../controller/shell/sh.ts'

const target = { hypervisor: 'he1' as HypervisorName }

/** Memory can be had at once, the kernel by a restart alone. */
interface Box extends Spec<'box'> {
  readonly memory: string
  readonly kernel: string
  /** What memory takes; default none. */
  readonly memoryImpact?: Impact
  readonly kernelImpact?: Impact
  readonly isRigid?: boolean
}
type Found = Pick<Box, 'memory' | 'kernel'>

const boxPrimitive = definePrimitive<Box, Found>({
  type: 'box',
  release: 'unmarked',
  ownership: 'exclusive',
  fields: ({ memory, kernel }) => ({ memory, kernel }),
  probe: () => sh`:`,
  parse: () => ({ items: new Map() }),
  diff(spec, observed) {
    if (spec.id === 'box:refused') return { status: 'refused', reasons: ['never'] }
    if (observed.status === 'absent') return { status: 'change', change: { action: 'create', impact: 'none', fields: [] } }
    const { state } = observed
    const fields = (['memory', 'kernel'] as const)
      .filter((field) => state[field] !== spec[field])
      .map((field) => ({ field, before: state[field], after: spec[field] }))
    if (fields.length === 0) return { status: 'same' }
    const isRestart = fields.some(({ field }) => field === 'kernel')
    const impact = isRestart ? (spec.kernelImpact ?? 'restart') : (spec.memoryImpact ?? 'none')
    return { status: 'change', change: { action: 'update', impact, fields } }
  },
  steps: (spec, change) => [{ title: `${change.action} ${spec.id} ${change.fields.map(({ field }) => field).join()}`, run: sh`:` }],
  live: (spec, observed) => (spec.isRigid || observed.status === 'absent' ? undefined : { ...spec, kernel: observed.state.kernel }),
})

const box = (name: string, more: Partial<Box> = {}): Box => ({
  ...{ type: 'box', id: primitiveId('box', name), memory: 'new', kernel: 'new', restarts: 'Never' },
  ...more,
})
const old: Observed<unknown> = { status: 'present', state: { memory: 'old', kernel: 'old' } }

function planOf(specs: readonly Box[], found: Readonly<Record<string, Observed<unknown>>> = {}, policy: Partial<PlanInput['policy']> = {}) {
  const entryOf = ({ id }: Box): LedgerEntry => ({
    ...{ target: 'he1', id, owners: ['Box/one'], files: ['one.yaml'], deletionPolicy: 'Retain', state: 'done', commit: 'c0' },
    fields: hashFields({ memory: 'old', kernel: 'old' }, 'fleet'),
  })
  const header: Ledger['header'] = { format: 1, fleet: 'fleet', hypervisor: 'he1', machineId: 'm', epoch: 1, generation: 4, commit: 'c0' }
  return makePlan({
    desired: {
      ...{ hypervisor: target.hypervisor, fleet: 'fleet', commit: 'c1', vitals: [] },
      items: specs.map((spec) => ({ target, spec, owners: ['Box/one' as ManifestId] })),
    },
    ledger: { header, entries: new Map(specs.map((spec) => [`he1 ${spec.id}`, entryOf(spec)])) },
    observed: new Map(specs.map(({ id }) => [`he1 ${id}`, found[id] ?? old])),
    marked: [],
    primitives: new Map([['box', boxPrimitive]]),
    policy: { approvals: new Set(), isWindowOpen: () => false, suspendedBecause: () => undefined, ...policy },
    peers: nothingRead,
    sourceFile: () => 'one.yaml',
    removalOf: () => ({ status: 'removed' }),
  })
}

type Plan = ReturnType<typeof planOf>
const goes = ({ transactions }: Plan): readonly string[] => transactions.flatMap(({ steps }) => steps.map(({ title }) => title))
const waits = ({ withheld }: Plan): readonly string[] =>
  withheld.map(
    ({ brake, changes }) => `${brake} ${changes.map(({ id, fields }) => `${id} ${fields.map(({ field }) => field).join()}`).join()}`,
  )
const needing = (id: string): Partial<Box> => ({ needs: [{ target, id: id as PrimitiveId }] })

describe('a restart that is held back', () => {
  test.each<Impact>(['restart', 'outage'])('(%s) lets go at once what can be had without one, and says what waits', (kernelImpact) => {
    const plan = planOf([box('a', { kernelImpact })])
    expect([goes(plan), waits(plan)]).toEqual([
      ['update box:a memory'],
      [`${kernelImpact === 'outage' ? 'Outage' : 'Restart'} box:a kernel`],
    ])
  })

  test('leaves what waits in the ledger as it was: that is not drift afterwards', () => {
    const { fields } = planOf([box('a')]).transactions[0]?.ledger.done[0] ?? {}
    expect(fields).toEqual({ ...hashFields({ memory: 'new' }, 'fleet'), ...hashFields({ kernel: 'old' }, 'fleet') })
  })

  test('once approved, all of it goes', () => {
    const approval = planOf([box('a')]).withheld[0]?.approval ?? ''
    const plan = planOf([box('a')], {}, { approvals: new Set([approval]) })
    expect(waits(plan)).toEqual([])
    expect(goes(plan)).toEqual(['update box:a memory,kernel'])
  })

  test.each<[string, Partial<Box>]>([
    ['its sort can do nothing without one', { isRigid: true }],
    ['nothing but that is wanted', { memory: 'old' }],
    ['the rest needs one, too', { memoryImpact: 'restart' }],
  ])('lets nothing go where %s', (_, more) => {
    const plan = planOf([box('a', more)])
    expect([goes(plan), plan.withheld.map(({ brake }) => brake)]).toEqual([[], ['Restart']])
  })

  test('lets nothing go of what a person suspended', () => {
    const plan = planOf([box('a')], {}, { suspendedBecause: () => 'wait' })
    expect([goes(plan), waits(plan)]).toEqual([[], ['Suspended box:a memory,kernel']])
  })
})

describe('what it needs must stand for a part of it, too', () => {
  test('that does, or goes before it', () => {
    const same = { 'box:z': { status: 'present', state: { memory: 'new', kernel: 'new' } } } as const
    expect(goes(planOf([box('a', needing('box:z')), box('z')], same))).toEqual(['update box:a memory'])
    const before = planOf([box('a', needing('box:z')), box('z', { kernel: 'old' })])
    expect(goes(before)).toEqual(['update box:z memory', 'update box:a memory'])
  })

  test.each<[string, string, Readonly<Record<string, Observed<unknown>>>]>([
    ['refused', 'box:refused', {}],
    ['not to be seen', 'box:z', { 'box:z': { status: 'unknown', reason: 'no answer' } }],
    ['withheld itself', 'box:z', {}],
  ])('that is %s', (_, id, found) => {
    const needed = box(id.slice('box:'.length), { isRigid: true })
    expect(goes(planOf([box('a', needing(id)), needed], found))).toEqual([])
  })
})
