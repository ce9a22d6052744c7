import { afterEach, expect, it } from 'vitest'
import type { Replica } from '../../controller/replicas/ports.ts'
import { startTcpProxy } from '../lab/tcp-proxy.ts'
import { startEtcd } from './etcd-server.ts'
import { etcdAt, replicaOf } from './rig.ts'

let stack = new AsyncDisposableStack()
afterEach(async () => {
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
})

const hypervisors = Array.from({ length: 6 }, (_, index) => `he${index}`)
const patience = { timeout: 20_000, interval: 50 }
const owned = (replica: Replica): readonly string[] => hypervisors.filter((name) => replica.ownedSince(name) !== undefined)
const ownedBy = (...replicas: readonly Replica[]): readonly string[] => replicas.flatMap(owned).sort()

function begin(name: string, url: string): Replica {
  const replica = stack.use(replicaOf(stack.use(etcdAt(url, { timeoutMs: 5000 })), name))
  replica.start()
  replica.follow(hypervisors)
  return replica
}

it('keys that somebody deletes, all of them, are made again', async () => {
  const { url } = stack.use(await startEtcd())
  const [a, b] = [begin('a', url), begin('b', url)]
  await expect.poll(() => ownedBy(a, b), patience).toEqual(hypervisors)
  const etcd = stack.use(etcdAt(url))
  const { entries } = await etcd.read('/reeve/test/')
  await etcd.transact(entries.map(({ key }) => ({ when: [], changes: [{ delete: key }] })))
  await expect.poll(() => ownedBy(a, b), patience).toEqual([])
  await expect.poll(() => ownedBy(a, b), patience).toEqual(hypervisors)
}, 60_000)

it('a member whose own key somebody deletes is one of them again: what another one gives is taken', async () => {
  const { url } = stack.use(await startEtcd())
  const [a, b] = [begin('a', url), begin('b', url)]
  await expect.poll(() => owned(b).length, patience).toBeGreaterThan(0)
  await expect.poll(() => ownedBy(a, b), patience).toEqual(hypervisors)
  await stack.use(etcdAt(url)).transact([{ when: [], changes: [{ delete: '/reeve/test/members/a' }] }])
  await expect.poll(() => b.picture.members.has('a'), patience).toBe(false)
  await b[Symbol.asyncDispose]()
  await expect.poll(() => owned(a), patience).toEqual(hypervisors)
}, 60_000)

it('an etcd that is made anew is read anew, whose revisions begin again', async () => {
  const first = await startEtcd()
  const way = await startTcpProxy({ address: '127.0.0.1', port: first.port })
  const filler = stack.use(etcdAt(first.url))
  for (let at = 0; at < 60; at++) await filler.transact([{ when: [], changes: [{ put: '/other/x', value: `${at}` }] }])
  const a = begin('a', `http://127.0.0.1:${way.port}`)
  await expect.poll(() => owned(a), patience).toEqual(hypervisors)
  const before = a.picture.revision
  await way[Symbol.asyncDispose]()
  await first[Symbol.asyncDispose]()
  const second = stack.use(await startEtcd())
  stack.use(await startTcpProxy({ address: '127.0.0.1', port: second.port }, { address: '127.0.0.1', port: way.port }))
  await expect.poll(() => [a.picture.revision < before, owned(a)], patience).toEqual([true, hypervisors])
  const { entries } = await stack.use(etcdAt(second.url)).read('/reeve/test/owners/')
  expect(entries).toHaveLength(hypervisors.length)
}, 60_000)

it('who fell so far behind that neither a line of the watch nor a page of keys can hold it reads all anew', async () => {
  const server = stack.use(await startEtcd())
  const proxy = stack.use(await startTcpProxy({ address: '127.0.0.1', port: server.port }))
  const a = begin('a', `http://127.0.0.1:${proxy.port}`)
  await expect.poll(() => owned(a), patience).toEqual(hypervisors)
  proxy.setMode({ kind: 'refuse' })
  proxy.cut()
  const other = stack.use(etcdAt(server.url, { timeoutMs: 10_000 }))
  // 36 MB, as the slices of alerts of a large fleet in a bad night.
  const value = 'x'.repeat(40_000)
  for (let at = 0; at < 900; at += 20) {
    const keys = Array.from({ length: 20 }, (_, index) => `/reeve/test/alerts/other${at + index}`)
    await other.transact(keys.map((put) => ({ when: [], changes: [{ put, value }] })))
  }
  proxy.setMode({ kind: 'pass' })
  await expect.poll(() => [a.picture.entries.has('alerts/other899'), owned(a)], { timeout: 40_000 }).toEqual([true, hypervisors])
}, 90_000)
