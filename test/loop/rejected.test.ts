import { describe, expect, it } from 'vitest'
import type { HostState } from '../../controller/loop/hosts.ts'
import type { Priority } from '../../controller/loop/queue.ts'
import { recall, remember } from '../../controller/loop/rejected.ts'
import type { Revision } from '../../controller/loop/revision.ts'
import type { Rejections, Settled } from '../../controller/loop/trials.ts'
import { createFleet } from '../../controller/manifests/fleet.ts'
import type { Manifest } from '../../controller/model/manifest.ts'

const rejected = new Map([['Proxy/bad', { generation: 'g2' }]]) as unknown as Rejections

function hostAt(retrySeconds: number, rounds = 1): HostState {
  return { rejected, rejectedRounds: rounds, retrySeconds } as unknown as HostState
}

function revisionWith(generation: string): Revision {
  const bad = { id: 'Proxy/bad', kind: 'Proxy', name: 'bad', generation } as unknown as Manifest
  return { fleet: createFleet('test', '', [bad]) } as unknown as Revision
}

const cases: readonly {
  readonly name: string
  readonly generation?: string
  readonly nowSeconds: number
  readonly priority: Priority
  readonly fate: string
}[] = [
  { name: 'stays held back while its back-off lasts', nowSeconds: 50, priority: 'resync', fate: 'held' },
  { name: 'is tried again when its back-off is over', nowSeconds: 100, priority: 'resync', fate: 'retried' },
  { name: 'is tried again where the clock was put back', nowSeconds: -86_400, priority: 'resync', fate: 'retried' },
  { name: 'is tried again when a person asks', nowSeconds: 50, priority: 'person', fate: 'retried' },
  { name: 'stays held back in the first cycle of a commit that does not touch it', nowSeconds: 100, priority: 'commit', fate: 'held' },
  { name: 'is forgotten when its content changed', generation: 'g3', nowSeconds: 50, priority: 'commit', fate: 'forgotten' },
]

describe('a rejected version', () => {
  it.each(cases)('$name', ({ generation = 'g2', nowSeconds, priority, fate }) => {
    const { held, retried } = recall(hostAt(100), revisionWith(generation), priority, nowSeconds)
    expect(held.size > 0 ? 'held' : retried.size > 0 ? 'retried' : 'forgotten').toBe(fate)
  })

  it('is tried ever less often, and soon again after a commit', () => {
    const host = hostAt(0, 0)
    const delays = [0, 1, 2, 3].map(() => {
      const nowSeconds = host.retrySeconds
      remember(host, { rejected } as Settled, nowSeconds, () => 1)
      return host.retrySeconds - nowSeconds
    })
    expect(delays).toEqual([10, 20, 40, 80])
    recall(host, revisionWith('g2'), 'commit', 1000)
    remember(host, { rejected } as Settled, 1000, () => 1)
    expect(host.retrySeconds).toBe(1010)
  })

  it('is tried next by the clock as it is now, where that was put back', () => {
    const host = hostAt(86_400)
    remember(host, { rejected } as Settled, 1000, () => 1)
    expect(host.retrySeconds).toBe(1020)
  })

  it('leaves no trace once nothing is rejected', () => {
    const host = hostAt(100, 5)
    remember(host, { rejected: new Map() } as unknown as Settled, 100, () => 1)
    expect(host).toMatchObject({ rejectedRounds: 0, retrySeconds: 0 })
    expect(host.rejected.size).toBe(0)
  })
})
