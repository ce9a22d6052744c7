import { expect, it } from 'vitest'
import type { Compiled } from '../../controller/engine/compile.ts'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { createTurns } from '../../controller/loop/turns.ts'
import type { HypervisorName, ManifestId } from '../../controller/model/ids.ts'

const manifest = 'Board/gates' as ManifestId
const [first, second] = ['he1', 'he2'].map((name) => ({ hypervisor: name as HypervisorName })) as [
  { hypervisor: HypervisorName },
  { hypervisor: HypervisorName },
]
const states = new Map([first, second].map(({ hypervisor }) => [hypervisor, { vitals: [] }]))
const stages = [first, second].map((target) => ({ manifest, target, wanted: 'abc' }))
const [wanted, gone] = [new Map([[manifest, stages]]), new Map()].map((rollouts) => ({ states, rollouts }) as unknown as Compiled) as [
  Compiled,
  Compiled,
]
const plan = { transactions: [], withheld: [], refused: [], unknown: [] }
const done = { hypervisor: first.hypervisor, applied: [], finishedJobs: [], inProgress: [], plan } as unknown as Cycle

it('a placement that is seen by the commit before, as its manifest is gone already, is not done should it come back', () => {
  const turns = createTurns()
  turns.follow(wanted)
  turns.learn(done, wanted, new Map())
  expect(turns.turnOf(wanted, manifest, second)).toBeUndefined()
  turns.follow(gone)
  // Answers of its health that came late.
  turns.learn(done, wanted, new Map())
  turns.follow(wanted)
  expect(turns.turnOf(wanted, manifest, second)?.because).toContain('it was not looked at yet')
})
