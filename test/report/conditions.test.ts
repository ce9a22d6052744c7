import { describe, expect, it } from 'vitest'
import type { ConditionType } from '../../controller/model/condition.ts'
import { computeStanding, type ManifestFacts, type PlacementFacts } from '../../controller/report/conditions.ts'
import { edge } from './reports.ts'

function placed(changes: Partial<PlacementFacts> = {}): PlacementFacts {
  return { target: 'he1', state: 'converged', reason: 'R', message: 'words', driftingFields: 0, health: [], ...changes }
}
function facts(changes: Partial<ManifestFacts> = {}): ManifestFacts {
  return { manifest: edge, generation: 'g1', errors: [], placements: [placed()], ...changes }
}
type Status = boolean | 'unknown'
type Row = {
  readonly name: string
  readonly facts: ManifestFacts
  readonly is: Readonly<Partial<Record<ConditionType, Status>>>
  readonly observes: boolean
}

const health = (healthy: Status) => ({ healthy, reason: 'H', message: 'm' })
const rows: readonly Row[] = [
  {
    name: 'converged is Ready',
    facts: facts(),
    is: { Ready: true, Reconciling: false, Stalled: false, Drifted: false, Suspended: false, Healthy: 'unknown' },
    observes: true,
  },
  {
    name: 'a job under way is Reconciling, its Ready unknown',
    facts: facts({ placements: [placed({ state: 'progressing' })] }),
    is: { Ready: 'unknown', Reconciling: true, Stalled: false },
    observes: false,
  },
  {
    name: 'what failed and is tried again is not Ready, and Reconciling',
    facts: facts({ placements: [placed({ state: 'retrying' })] }),
    is: { Ready: false, Reconciling: true, Stalled: false },
    observes: false,
  },
  {
    name: 'what needs a person is Stalled',
    facts: facts({ placements: [placed({ state: 'stalled' })] }),
    is: { Ready: false, Reconciling: false, Stalled: true },
    observes: true,
  },
  {
    name: 'a bad newest version is Stalled though the old one is in force',
    facts: facts({ errors: ['a.yaml:1:1: no'] }),
    is: { Ready: false, Stalled: true },
    observes: true,
  },
  {
    name: 'what a brake holds is not Ready, and nothing is under way',
    facts: facts({ placements: [placed({ state: 'withheld' })] }),
    is: { Ready: false, Reconciling: false, Stalled: false },
    observes: false,
  },
  {
    name: 'what could not be read is unknown, not drifted, not failed',
    facts: facts({ placements: [placed({ state: 'unknown' })] }),
    is: { Ready: 'unknown', Drifted: 'unknown', Stalled: false },
    observes: false,
  },
  {
    name: 'one of two placements decides',
    facts: facts({ placements: [placed(), placed({ target: 'he2', state: 'retrying' })] }),
    is: { Ready: false },
    observes: false,
  },
  {
    name: 'open drift is Drifted',
    facts: facts({ placements: [placed({ driftingFields: 2 }), placed({ state: 'unknown' })] }),
    is: { Drifted: true },
    observes: false,
  },
  {
    name: 'bad health moves Healthy only',
    facts: facts({ placements: [placed({ health: [health(true), health('unknown'), health(false)] })] }),
    is: { Healthy: false, Ready: true },
    observes: true,
  },
  {
    name: 'unknown health is not good health',
    facts: facts({ placements: [placed({ health: [health(true), health('unknown')] })] }),
    is: { Healthy: 'unknown' },
    observes: true,
  },
  { name: 'a manifest placed nowhere is Ready', facts: facts({ placements: [] }), is: { Ready: true }, observes: true },
  { name: 'suspended is Suspended', facts: facts({ suspended: { reason: 'disk swap' } }), is: { Suspended: true }, observes: true },
]

describe('conditions of a manifest', () => {
  for (const row of rows) {
    it(row.name, () => {
      const standing = computeStanding(row.facts, undefined, 100)
      const statuses = Object.fromEntries(standing.conditions.map((condition) => [condition.type, condition.status]))
      expect(statuses).toMatchObject(row.is)
      expect(standing.observedGeneration).toBe(row.observes ? 'g1' : '')
    })
  }

  it('the time of a condition moves only with its status', () => {
    const first = computeStanding(facts(), undefined, 100)
    const second = computeStanding(facts({ placements: [placed({ state: 'retrying' })] }), first, 200)
    const third = computeStanding(facts({ placements: [placed({ state: 'stalled' })] }), second, 300)
    const since = (standing: typeof first, type: ConditionType) =>
      standing.conditions.find((condition) => condition.type === type)?.sinceSeconds
    expect([
      since(first, 'Ready'),
      since(second, 'Ready'),
      since(third, 'Ready'),
      since(third, 'Stalled'),
      since(third, 'Suspended'),
    ]).toEqual([100, 200, 200, 300, 100])
  })

  it('the observed generation stays behind while a new one is under way, and follows when it is settled', () => {
    const first = computeStanding(facts(), undefined, 100)
    const moving = computeStanding(facts({ generation: 'g2', placements: [placed({ state: 'progressing' })] }), first, 200)
    expect(moving).toMatchObject({ generation: 'g2', observedGeneration: 'g1' })
    expect(computeStanding(facts({ generation: 'g2' }), moving, 300).observedGeneration).toBe('g2')
  })
})
