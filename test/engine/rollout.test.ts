import { describe, expect, it } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { vitalKey } from '../../controller/engine/observe.ts'
import { hasChanged, rolloutsOf, type Stage, undoneBecause, vitalsOf } from '../../controller/engine/rollout.ts'
import { type ContainerName, hypervisorName, type ManifestId } from '../../controller/model/ids.ts'
import type { Desired, OwnedVital, Reading } from '../../controller/model/kind.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import type { AnyPrimitive } from '../../controller/model/primitive.ts'
import type { Target } from '../../controller/model/target.ts'
import { note, notePrimitive } from './note.ts'

const hypervisor = hypervisorName('he1')
const [mail, web] = ['MailRoute/mail', 'Proxy/web'] as const satisfies readonly string[]
const [one, other] = [mail as ManifestId, web as ManifestId]
const here: Target = { hypervisor }
const inside: Target = { hypervisor, inside: 'a' as ContainerName, provider: 'lxc' }
const stage: Stage = { manifest: one, target: here, wanted: 'w' }

const change = (cause: 'pending' | 'drift', owner: ManifestId = one, target: Target = here) => ({
  ...{ id: 'file:/a', owners: [owner], target },
  fields: [
    { field: 'x', before: '', after: '', cause: 'drift' },
    { field: 'y', before: '', after: '', cause },
  ],
})
const nothing = { transactions: [], withheld: [], refused: [], unknown: [] }
const cycleOf = ({
  plan = {},
  ...more
}: {
  readonly plan?: object
  readonly applied?: object[]
  readonly inProgress?: string[]
  readonly finishedJobs?: object[]
} = {}) => ({ ...{ applied: [], inProgress: [], finishedJobs: [] }, ...more, plan: { ...nothing, ...plan } }) as unknown as Cycle
const vital = (name: string, owner: ManifestId = one, target: Target = here): OwnedVital =>
  ({
    ...{ id: name, owner, target, pace: 'slow' },
    probe: { text: name },
    assess: ({ stdout }: Reading) => ({
      healthy: stdout === 'good' ? true : stdout === 'bad' ? false : 'unknown',
      message: `${name} is ${stdout}`,
    }),
  }) as unknown as OwnedVital
const desired = (...vitals: readonly OwnedVital[]) => ({ vitals }) as unknown as DesiredState
const readings = (...all: readonly (readonly [OwnedVital, string])[]) =>
  new Map(all.map(([each, stdout]) => [vitalKey(each), { status: 'read', stdout, reason: '' } as const]))
const because = (cycle: Cycle) => undoneBecause(stage, cycle, desired(), new Map())

describe('a stage', () => {
  it('is done where nothing of it is open', () => {
    expect(because(cycleOf())).toBeUndefined()
  })

  it.each([
    ['a change that Git asks for', { transactions: [{ changes: [change('pending')] }] }, 'file:/a is not yet as Git says'],
    ['one that a brake keeps back', { withheld: [{ changes: [change('drift'), change('pending')] }] }, 'file:/a is not yet as Git says'],
    ['a refusal', { refused: [{ id: 'file:/a', owners: [one], target: here }] }, 'file:/a is refused there'],
    [
      'what could not be read',
      { unknown: [{ id: 'file:/a', owners: [one], target: here, reason: 'it was cut' }] },
      'file:/a is unknown there: it was cut',
    ],
  ])('is not done with %s', (_name, plan, words) => {
    expect(because(cycleOf({ plan }))).toBe(words)
  })

  it.each([
    ['drift alone', { transactions: [{ changes: [change('drift')] }] }],
    ["another manifest's change", { transactions: [{ changes: [change('pending', other)] }] }],
    ['a change in another place', { transactions: [{ changes: [change('pending', one, inside)] }] }],
    ['a refusal of another manifest', { refused: [{ id: 'file:/a', owners: [other], target: here }] }],
    ['what is unknown in another place', { unknown: [{ id: 'file:/a', owners: [one], target: inside, reason: '' }] }],
  ])('is not held up by %s', (_name, plan) => {
    expect(because(cycleOf({ plan }))).toBeUndefined()
  })

  it('is not done where its change failed, and says which', () => {
    const outcome = { status: 'failed', step: 's', exitCode: 1, stderr: '', undone: true }
    const failedWith = (...changes: readonly object[]) => cycleOf({ applied: [{ transaction: { changes }, outcome }] })
    expect(because(failedWith(change('pending', other), change('pending')))).toBe('the change of file:/a failed there')
    expect(because(failedWith(change('pending', other)))).toBeUndefined()
    expect(because(cycleOf({ applied: [{ transaction: { changes: [change('pending')] }, outcome: { status: 'done' } }] }))).toBeUndefined()
  })

  it('is not done while a job makes something there', () => {
    expect(because(cycleOf({ inProgress: ['he1/a rootfs:x', 'he1 rootfs:y'] }))).toBe('he1 rootfs:y is being made')
    expect(because(cycleOf({ inProgress: ['he1/a rootfs:x'] }))).toBeUndefined()
  })

  it('is done only where all that speaks of its health was asked since it changed, and is good', () => {
    const [first, second] = [vital('first'), vital('second')]
    const told = (...all: readonly (readonly [OwnedVital, string])[]) =>
      undoneBecause(stage, cycleOf(), desired(first, second, vital('foreign', other), vital('elsewhere', one, inside)), readings(...all))
    expect(told([first, 'good'], [second, 'good'])).toBeUndefined()
    expect(told([first, 'good'])).toBe('its health was not asked since it changed')
    expect(told([first, 'good'], [second, 'bad'])).toBe('second is bad')
    expect(told([first, 'odd'], [second, 'good'])).toBe('first is odd')
  })

  it('is spoken of by the vitals of its manifest in its place', () => {
    const own = vital('own')
    expect(vitalsOf(stage, desired(vital('foreign', other), own, vital('elsewhere', one, inside)))).toEqual([own])
  })

  it('has changed where a cycle or a job changed something of it', () => {
    const didTo = (changed: object, more: object = {}) => cycleOf({ applied: [{ transaction: { changes: [changed] }, ...more }] })
    expect(hasChanged(stage, cycleOf())).toBe(false)
    expect(hasChanged(stage, didTo(change('drift')))).toBe(true)
    expect(hasChanged(stage, didTo(change('pending'), { isHeldBack: true }))).toBe(false)
    expect(hasChanged(stage, didTo(change('pending', other)))).toBe(false)
    expect(hasChanged(stage, didTo(change('pending', one, inside)))).toBe(false)
    expect(hasChanged(stage, cycleOf({ finishedJobs: [{ items: ['he1/a rootfs:x'] }] }))).toBe(false)
    expect(hasChanged(stage, cycleOf({ finishedJobs: [{ items: ['he1/a rootfs:x', 'he1 rootfs:y'] }] }))).toBe(true)
  })
})

describe('the stages of a manifest', () => {
  const primitives = new Map([['note', notePrimitive as unknown as AnyPrimitive]])
  const item = (path: string, text: string, target: Target, owner: ManifestId = one): Desired => ({
    spec: note(path, text),
    target,
    owners: [owner],
  })
  const placed = [here, inside, here].map((target) => ({ manifest: one, target }))
  const wanted = (items: readonly Desired[], fleet = 'home') =>
    (rolloutsOf([{ placed }], () => items, primitives, fleet).get(one) ?? []).map((each) => each.wanted)

  it('are its places, each once and in their order', () => {
    const stages = rolloutsOf([{ placed }, { placed: [] }], () => [], primitives, 'home')
    expect([...stages.keys()]).toEqual([one])
    expect(stages.get(one)?.map(({ manifest, target }) => [manifest, target])).toEqual([
      [one, here],
      [one, inside],
    ])
  })

  it('are others where something else is asked for there, and only there', () => {
    const before = wanted([item('/a', 'x', here), item('/b', 'x', inside)])
    const after = wanted([item('/a', 'y', here), item('/b', 'x', inside), item('/c', 'z', here, other)])
    expect(before[0]).not.toBe(before[1])
    expect([before[0] === after[0], before[1] === after[1]]).toEqual([false, true])
    expect(wanted([item('/a2', 'x', here)])[0]).not.toBe(before[0])
  })
})
