import { describe, expect, it } from 'vitest'
import { createHostTable } from '../../controller/loop/hosts.ts'
import type { HostHandle } from '../../controller/loop/ports.ts'
import type { Manifest } from '../../controller/model/manifest.ts'

type Spec = Readonly<Record<string, unknown>>
const fleetOf = (specs: Readonly<Record<string, Spec>>): readonly Manifest[] =>
  Object.entries(specs).map(([name, spec]) => ({ kind: 'Hypervisor', name, spec }) as unknown as Manifest)

/** Whose connections are made anew as the second of these fleets follows the first. */
function anew(before: Readonly<Record<string, Spec>>, next: Readonly<Record<string, Spec>>): readonly string[] {
  const made: string[] = []
  const ended: string[] = []
  const table = createHostTable(({ name }) => {
    made.push(name)
    return { [Symbol.asyncDispose]: async () => void ended.push(name) } as unknown as HostHandle
  })
  table.follow(fleetOf(before))
  made.length = 0
  table.follow(fleetOf(next))
  expect(ended).toEqual(made)
  return made
}

const far = { address: '192.0.2.2', jump: 'gate' }

describe('a connection is made anew', () => {
  it.each([
    { name: 'where its manifest says another way', next: { he1: { address: '192.0.2.9' }, gate: {} }, made: ['he1'] },
    {
      name: 'not where the machine shall hold something else',
      next: { he1: { address: '192.0.2.1', system: { swap: 0 } }, gate: {} },
      made: [],
    },
  ])('$name', ({ next, made }) => expect(anew({ he1: { address: '192.0.2.1' }, gate: {} }, next)).toEqual(made))

  it('where a host that it leads through moved, however many are between', () => {
    const before = { gate: { address: '192.0.2.1' }, he1: far, he2: { jump: 'he1' }, he3: {} }
    expect(anew(before, { ...before, gate: { address: '192.0.2.7' } })).toEqual(['gate', 'he1', 'he2'])
  })

  it('not for ever where ways go in a circle', () => {
    const circle = { he1: { jump: 'he2' }, he2: { jump: 'he1' } }
    expect(anew(circle, circle)).toEqual([])
  })
})
