import { expect } from 'vitest'
import type { Replica } from '../../controller/replicas/ports.ts'
import { startTcpProxy } from '../lab/tcp-proxy.ts'
import { longTest } from '../longTest.ts'
import { startEtcd } from './etcd-server.ts'
import { etcdAt, replicaOf } from './rig.ts'

const count = Number(process.env['REEVE_TEST_HYPERVISORS'] ?? 10_000)
const names = ['a', 'b', 'c', 'd']

longTest(
  'four replicas share ten thousand hypervisors, and take over those of one that is cut off within ten seconds',
  async () => {
    await using stack = new AsyncDisposableStack()
    const server = stack.use(await startEtcd())
    const hypervisors = Array.from({ length: count }, (_, index) => `he${index}`)
    const proxies = await Promise.all(names.map(async () => stack.use(await startTcpProxy({ address: '127.0.0.1', port: server.port }))))
    const replicas = names.map((name, index): Replica => {
      const etcd = stack.use(etcdAt(`http://127.0.0.1:${proxies[index]?.port}`, { timeoutMs: 1700 }))
      return stack.use(replicaOf(etcd, name, { fleet: 'many', leaseSeconds: 5 }))
    })
    const owned = (among: readonly Replica[]): number => among.reduce((sum, { held }) => sum + held.size, 0)
    const until = async (among: readonly Replica[]): Promise<number> => {
      const began = performance.now()
      await expect.poll(() => owned(among), { timeout: 120_000, interval: 20 }).toBe(count)
      return Math.round(performance.now() - began)
    }
    for (const replica of replicas) {
      replica.start()
      replica.follow(hypervisors)
    }
    console.log(`${count} hypervisors, 4 replicas: all owned after ${await until(replicas)} ms`)
    await expect.poll(() => Math.min(...replicas.map(({ held }) => held.size)), { timeout: 120_000 }).toBeGreaterThan(count / 5)
    await until(replicas)
    const [first, ...left] = replicas as [Replica, ...Replica[]]
    const theirs = first.held.size
    proxies[0]?.setMode({ kind: 'blackhole' })
    const tookMs = await until(left)
    console.log(`one of them cut off: its ${theirs} taken over after ${tookMs} ms`)
    expect(first.uncertainty()).toBeDefined()
    expect(tookMs).toBeLessThanOrEqual(10_000)
  },
  300_000,
)
