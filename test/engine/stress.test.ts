import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Cycle } from '../../controller/engine/cycle.ts'
import { planOnce, reconcile } from '../../controller/engine/reconcile.ts'
import type { ReconcileDeps } from '../../controller/engine/run.ts'
import { emptyMemory } from '../../controller/engine/session.ts'
import type { DesiredState } from '../../controller/model/plan.ts'
import { file } from '../../controller/primitives/file/spec.ts'
import { primitives } from '../../controller/primitives/registry.ts'
import type { Script } from '../../controller/shell/sh.ts'
import { depsOf, wantedOf } from './deps.ts'
import { type ShellHost, startShellHost } from './shell-host.ts'

const isLong = process.env['REEVE_TEST_LONG'] === '1'
const [count, forMs] = isLong ? [300, 120_000] : [60, 4_000]

let host: ShellHost
beforeEach(async () => {
  host = await startShellHost()
})
afterEach(() => host.close())

function files(turn: number): DesiredState {
  const content = `# ${turn}\n${'option = value\n'.repeat(20)}`
  const specs = Array.from({ length: count }, (_, index) =>
    file({ path: `/mnt/many/${index}.conf`, content, mode: '0644', owner: 'root:root' }),
  )
  return wantedOf(specs, `c${turn}`)
}

function deps(more: Partial<ReconcileDeps> = {}): ReconcileDeps {
  return depsOf(host, {
    primitives: new Map(primitives.map((primitive) => [primitive.type, primitive])),
    observeTimeoutMs: 60_000,
    applyTimeoutMs: 120_000,
    maxReplyBytes: 1 << 24,
    ...more,
  })
}

/** A second controller, with shells of its own: looks all the time and never writes. */
function onlooker(): ReconcileDeps {
  const exchange = (message: Script) => host.run(message.text).then(({ stdout }) => stdout)
  return deps({ host: { ...host, exchange, sessionId: () => Math.random() } })
}

it(
  'hundreds of transactions are all done, plan after plan, while another controller looks on all the time',
  async () => {
    const memory = emptyMemory()
    let isOver = false
    const looks: Cycle[] = []
    const looking = (async () => {
      while (!isOver) looks.push(await planOnce(files(0), onlooker()))
    })()
    const end = performance.now() + forMs
    let turn = 0
    while (performance.now() < end || turn < 2) {
      turn++
      const cycle = await reconcile(files(turn), deps({ memory }))
      const bad = cycle.applied.filter(({ outcome }) => outcome.status !== 'done').map(({ outcome }) => outcome)
      expect({ status: cycle.status, message: cycle.message, bad }).toEqual({ status: 'converged', message: '', bad: [] })
      expect(cycle.applied).toHaveLength(count)
    }
    isOver = true
    await looking
    // Nobody rests: whatever was seen was half made, or the state between two plans.
    expect(looks.length).toBeGreaterThan(1)
    expect(looks.filter(({ drift, plan }) => drift.length + plan.refused.length + plan.unknown.length > 0)).toEqual([])
    expect(looks.filter(({ busy, plan }) => busy !== undefined && plan.transactions.length > 0)).toEqual([])
  },
  forMs + 120_000,
)
