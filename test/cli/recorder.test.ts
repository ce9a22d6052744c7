import { describe, expect, it } from 'vitest'
import { createRecorder } from '../../controller/cli/recorder.ts'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { reportOf } from '../../controller/loop/report.ts'
import type { Revision } from '../../controller/loop/revision.ts'
import { itemOf } from '../../controller/report/mails.ts'
import { heldCycle, noopCycle } from './cycles.ts'

const revision = { compiled: { states: new Map() }, fleet: { manifests: [] } } as unknown as Revision

function record(cycles: readonly Cycle[]): readonly string[] {
  const told: string[] = []
  const recorder = createRecorder({
    record: (sort, subject, detail, commit) => void told.push(`${sort} ${subject} ${commit} ${JSON.stringify(detail)}`),
  })
  const firstSeen = new Map<string, number>()
  cycles.forEach((cycle, index) => {
    const seen = { cycle, revision, queuedSeconds: 0, witnesses: [] }
    for (const change of cycle.drift) firstSeen.set(itemOf(change), firstSeen.get(itemOf(change)) ?? index)
    recorder.onCycle(seen, reportOf(seen, index), firstSeen)
  })
  return told.map((line) => line.split(' ').slice(0, 3).join(' '))
}

const moved = {
  ...heldCycle,
  drift: heldCycle.drift.map((change) => ({
    ...change,
    fields: [{ field: 'mode', before: '0600', after: '0644', cause: 'drift' as const }],
  })),
}

describe('the history of cycles', () => {
  it.each([
    [
      'what stands is told once, however often it is looked at',
      [heldCycle, heldCycle, heldCycle],
      ['reconcile he1 c0ffee', 'drift he1 c0ffee'],
    ],
    ['what moved further is told again', [heldCycle, moved, moved], ['reconcile he1 c0ffee', 'drift he1 c0ffee', 'drift he1 c0ffee']],
    [
      'the end of what stood in the way is told',
      [heldCycle, noopCycle, noopCycle],
      ['reconcile he1 c0ffee', 'drift he1 c0ffee', 'reconcile he1 c0ffee'],
    ],
    ['where nothing is to do nothing is told', [noopCycle, noopCycle], []],
  ] as const)('%s', (_name, cycles, told) => expect(record(cycles)).toEqual(told))
})
