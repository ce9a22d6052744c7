import { describe, expect, it } from 'vitest'
import { type Compiled, compileFleet, createCompileMemo } from '../../controller/engine/compile.ts'
import { createFleet } from '../../controller/manifests/fleet.ts'
import { type HypervisorName, manifestId, primitiveId } from '../../controller/model/ids.ts'
import type { AnyKind, Vital } from '../../controller/model/kind.ts'
import type { Manifest } from '../../controller/model/manifest.ts'
import type { Spec } from '../../controller/model/primitive.ts'
import { type Target, targetKey } from '../../controller/model/target.ts'
import { sh } from '../../controller/shell/sh.ts'
import { note, notePrimitive } from './note.ts'

const [he1, he2] = ['he1' as HypervisorName, 'he2' as HypervisorName]
const inside: Target = { hypervisor: he1, inside: 'web' as never, provider: 'lxc' }

/** What a manifest of the kind under test asks for, where. */
interface Asked {
  readonly on?: readonly Target[]
  readonly specs?: readonly Spec[]
  readonly vitals?: readonly Pick<Vital, 'id' | 'ridesAlong' | 'pace'>[]
  readonly rollout?: 'oneAtATime'
}

const thing: AnyKind = {
  kind: 'Thing',
  references: () => [],
  check: () => [],
  place: ({ spec }) => ((spec as Asked).on ?? [{ hypervisor: he1 }]).map((target) => ({ target, role: 'host' })),
  compile: ({ spec }) => (spec as Asked).specs ?? [],
  vitals: ({ spec }, { target }) =>
    ((spec as Asked).vitals ?? []).map((vital) => ({ ...vital, target, probe: sh`:`, assess: () => ({ isHealthy: true }) as never })),
  rollout: ({ spec }) => (spec as Asked).rollout,
}
const hypervisor: AnyKind = { kind: 'Hypervisor', references: () => [], check: () => [], place: () => [], compile: () => [] }

function manifest(kind: string, name: string, spec: object = {}): Manifest {
  const source = { file: `${name}.yaml`, line: 1, column: 1 }
  const id = manifestId(kind, name)
  return { id, kind, name, labels: {}, annotations: {}, spec, source, at: () => source, generation: name } as unknown as Manifest
}

const hosts = [manifest('Hypervisor', 'he1'), manifest('Hypervisor', 'he2')]
const kinds = [thing, hypervisor]
const primitives = [notePrimitive]

function compiled(asked: Readonly<Record<string, Asked>>, memo = createCompileMemo()): Compiled {
  const things = Object.entries(asked).map(([name, spec]) => manifest('Thing', name, spec))
  return compileFleet(createFleet('test', 'c1', [...hosts, ...things]), kinds, primitives, memo)
}

const itemsOf = ({ states }: Compiled, name = he1) => states.get(name)?.items ?? []
const vital = (id: string, more: Partial<Vital> = {}) => ({ id, pace: 'trip' as const, ...more })

describe('the desired state', () => {
  it('is there for each hypervisor, also for one of which nothing is asked, and for nothing else', () => {
    const { states, placed, diagnostics } = compiled({
      one: { specs: [note('/a', 'x')] },
      two: { on: [{ hypervisor: 'he9' as HypervisorName }] },
    })
    expect([...states]).toEqual([
      [
        he1,
        {
          hypervisor: he1,
          fleet: 'test',
          commit: 'c1',
          vitals: [],
          items: [{ target: { hypervisor: he1 }, spec: note('/a', 'x'), owners: ['Thing/one'] }],
        },
      ],
      [he2, { hypervisor: he2, fleet: 'test', commit: 'c1', vitals: [], items: [] }],
    ])
    expect(placed.map(({ manifest: of, target }) => [of, targetKey(target)])).toEqual([
      ['Thing/one', 'he1'],
      ['Thing/two', 'he9'],
    ])
    expect(diagnostics).toEqual([])
  })

  it('has a thing once that several ask for alike, with all their needs, owned by each of them once', () => {
    const needs = (path: string) => ({ needs: [{ target: { hypervisor: he1 }, id: primitiveId('note', path) }] })
    const same = { specs: [note('/a', 'x', needs('/n1')), note('/a', 'x')] }
    const [item, ...more] = itemsOf(compiled({ one: same, two: { specs: [note('/a', 'x', needs('/n2'))] } }))
    expect(more).toEqual([])
    expect([item?.owners, item?.spec.needs?.map(({ id }) => id)]).toEqual([
      ['Thing/one', 'Thing/two'],
      ['note:/n1', 'note:/n2'],
    ])
    // The same name on another target is another thing.
    const apart = compiled({ one: { specs: [note('/a', 'x')] }, two: { on: [inside], specs: [note('/a', 'y')] } })
    expect(itemsOf(apart)).toHaveLength(2)
  })

  it('leaves out what two ask for that cannot both be had, tells each that came later at its manifest, and keeps all else', () => {
    const result = compiled({
      one: { specs: [note('/a', 'x'), note('/b', 'x')] },
      two: { specs: [note('/a', 'y')] },
      three: { specs: [note('/a', 'z')] },
    })
    expect(itemsOf(result).map(({ spec }) => spec.id)).toEqual(['note:/b'])
    expect(result.diagnostics.map(({ at, summary, manifest: of }) => [at.file, of, summary])).toEqual(
      ['three', 'two'].map((name) => [
        `${name}.yaml`,
        `Thing/${name}`,
        'note:/a on he1 is also asked for by Thing/one: they ask for different things',
      ]),
    )
    const unknown = compiled({
      one: { specs: [{ type: 'else', id: 'else:a' as never }] },
      two: { specs: [{ type: 'else', id: 'else:a' as never }] },
    })
    expect(unknown.diagnostics).toHaveLength(1)
  })

  it('tells of conflicts in the order of the fleet, on whatever host they are', () => {
    const at = (name: HypervisorName, text: string): Asked => ({ on: [{ hypervisor: name }], specs: [note('/a', text)] })
    const { diagnostics } = compiled({ a: at(he2, 'x'), b: at(he1, 'x'), c: at(he1, 'y'), d: at(he2, 'y') })
    expect(diagnostics.map(({ manifest: of }) => of)).toEqual(['Thing/c', 'Thing/d'])
  })
})

describe('what is asked of health', () => {
  const ids = (result: Compiled) => result.states.get(he1)?.vitals.map(({ id, owner }) => [id, owner])

  it('names the manifest that it speaks of', () => {
    expect(ids(compiled({ one: { vitals: [vital('a')] }, two: { vitals: [vital('a')] } }))).toEqual([
      ['a', 'Thing/one'],
      ['a', 'Thing/two'],
    ])
  })

  it('rides along only where something else goes: an item, or what is asked in each look', () => {
    const along = vital('along', { ridesAlong: true })
    const on = [inside]
    expect(ids(compiled({ one: { on, vitals: [along] } }))).toEqual([])
    expect(ids(compiled({ one: { on, vitals: [along, vital('slow', { pace: 'slow' })] } }))).toEqual([['slow', 'Thing/one']])
    expect(ids(compiled({ one: { on, vitals: [along, vital('trip')] } }))).toHaveLength(2)
    expect(ids(compiled({ one: { on, vitals: [along] }, two: { on, specs: [note('/a', 'x')] } }))).toHaveLength(1)
    expect(ids(compiled({ one: { on, vitals: [along] }, two: { specs: [note('/a', 'x')] } }))).toEqual([])
  })
})

describe('a rollout', () => {
  const both = [{ hypervisor: he1 }, { hypervisor: he2 }]
  const isSlow = (asked: Asked) => compiled({ one: { specs: [note('/a', 'x')], ...asked } }).rollouts.size > 0

  it('is of what asks for one after the other, and has more than one place', () => {
    expect(isSlow({ on: both, rollout: 'oneAtATime' })).toBe(true)
    expect(isSlow({ on: both })).toBe(false)
    expect(isSlow({ on: both.slice(0, 1), rollout: 'oneAtATime' })).toBe(false)
  })
})

describe('what is remembered', () => {
  it('is the state of a host whose parts are the same, and no other', () => {
    const memo = createCompileMemo()
    const things = (text: string) => [
      manifest('Thing', 'one', { specs: [note('/a', 'x')] }),
      manifest('Thing', 'two', { on: [{ hypervisor: he2 }], specs: [note('/a', text)] }),
    ]
    const [one, two] = things('x') as [Manifest, Manifest]
    const stateOf = (of: readonly Manifest[], name: HypervisorName) =>
      compileFleet(createFleet('test', 'c1', [...hosts, ...of]), kinds, primitives, memo).states.get(name)?.items
    const [first, second] = [stateOf([one, two], he1), stateOf([one, two], he2)]
    const changed = things('y')[1] as Manifest
    expect(stateOf([one, changed], he1)).toBe(first)
    expect(stateOf([one, changed], he2)).not.toBe(second)
    expect(stateOf([one, changed], he2)?.map(({ spec }) => spec)).toEqual([note('/a', 'y')])
    expect(stateOf([one], he2)).toEqual([])
    expect(stateOf([one, two, manifest('Thing', 'three', { specs: [note('/b', 'x')] })], he1)).toHaveLength(2)
  })
})
