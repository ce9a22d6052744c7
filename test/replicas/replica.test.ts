import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Etcd } from '../../controller/replicas/etcd.ts'
import type { Replica, ReplicaDeps } from '../../controller/replicas/ports.ts'
import { rendezvous } from '../../controller/replicas/rendezvous.ts'
import { startTcpProxy, type TcpProxy } from '../lab/tcp-proxy.ts'
import { type EtcdServer, startEtcd } from './etcd-server.ts'
import { etcdAt, replicaOf } from './rig.ts'

let server: EtcdServer
let stack: AsyncDisposableStack
let fleet = 0

beforeAll(async () => {
  server = await startEtcd()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeAll(() => {
  stack = new AsyncDisposableStack()
})
afterEach(async () => {
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
  fleet++
})

const hypervisors = Array.from({ length: 12 }, (_, index) => `he${index}`)
const patience = { timeout: 15_000, interval: 20 }

function begin(name: string, more: Partial<ReplicaDeps> = {}, etcd: Etcd & Disposable = etcdAt(server.url)): Replica {
  stack.use(etcd)
  const replica = stack.use(replicaOf(etcd, name, { fleet: `test${fleet}`, ...more }))
  replica.start()
  replica.follow(hypervisors)
  return replica
}

const owned = (replica: Replica): readonly string[] => hypervisors.filter((name) => replica.ownedSince(name) !== undefined)
const due = (name: string, members: readonly string[]): readonly string[] =>
  hypervisors.filter((each) => rendezvous(each, members) === name)
const settled = async (replicas: Readonly<Record<string, Replica>>): Promise<void> => {
  const names = Object.keys(replicas)
  for (const [name, replica] of Object.entries(replicas)) await expect.poll(() => owned(replica), patience).toEqual(due(name, names))
}

async function proxied(): Promise<TcpProxy> {
  return stack.use(await startTcpProxy({ address: '127.0.0.1', port: server.port }))
}

describe('replicas on a real etcd', () => {
  it('that stop in order give at once what is not in hand, the rest when it is done, and take nothing more', async () => {
    const { promise: inHand, resolve: done } = Promise.withResolvers<void>()
    const busy = due('a', ['a', 'b'])[0] as string
    const a = begin('a', { leave: (name) => (name === busy ? inHand : Promise.resolve()) })
    const b = begin('b')
    await settled({ a, b })
    a.retire()
    const others = hypervisors.filter((name) => name !== busy)
    await expect.poll(() => owned(b), patience).toEqual(others)
    for (const one of [a, b]) one.follow([...hypervisors, 'he-new'])
    await expect.poll(() => b.ownedSince('he-new'), patience).toBeDefined()
    // Longer than it renews its lease: it does not join again.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect([[...a.held.keys()], a.ownedSince(busy), a.uncertainty()]).toEqual([[busy], undefined, undefined])
    expect([...b.picture.members.keys()]).toEqual(['b'])
    done()
    await expect.poll(() => owned(b), patience).toEqual(hypervisors)
  })

  it('share all hypervisors among those that are there, each under a number that grows', async () => {
    const a = begin('a')
    await settled({ a })
    const before = new Map(hypervisors.map((name) => [name, a.ownedSince(name)]))
    const b = begin('b')
    await settled({ a, b })
    for (const name of owned(b)) expect(b.ownedSince(name)).toBeGreaterThan(before.get(name) ?? Number.NaN)
    for (const name of owned(a)) expect(a.ownedSince(name)).toBe(before.get(name))
    expect([a.uncertainty(), b.uncertainty()]).toEqual([undefined, undefined])
  })

  it('tell in one of all that they give away together: each word is gone through all of the fleet', async () => {
    const told: (readonly string[])[] = []
    const a = begin('a', { onChange: (keys) => void told.push(keys) })
    await settled({ a })
    told.length = 0
    await settled({ a, b: begin('b') })
    const given = due('b', ['a', 'b']).map((name) => `owners/${name}`)
    const first = told.find((keys) => keys.some((key) => given.includes(key)))
    expect(given.length).toBeGreaterThan(1)
    expect(first?.toSorted()).toEqual(given.toSorted())
  })

  it('hold the same map as long as it is the same', async () => {
    const a = begin('a')
    await settled({ a })
    const before = a.held
    expect(a.held).toBe(before)
    await settled({ a, b: begin('b') })
    // What etcd says of it comes to each in its own time.
    await expect.poll(() => [...a.held.keys()].toSorted(), patience).toEqual(due('a', ['a', 'b']).toSorted())
    expect(a.held).not.toBe(before)
  })

  it('give nothing to one that has come only just, and its share once it has been there', async () => {
    const a = begin('a', { settleSeconds: 3 })
    await settled({ a })
    const b = begin('b', { settleSeconds: 3 })
    await expect.poll(() => a.picture.members.has('b'), patience).toBe(true)
    expect(owned(a)).toEqual(hypervisors)
    await settled({ a, b })
  })

  it('are given what one that stops in order had, at once', async () => {
    const a = begin('a')
    const c = replicaOf(stack.use(etcdAt(server.url)), 'c', { fleet: `test${fleet}`, leaseSeconds: 600 })
    c.start()
    c.follow(hypervisors)
    await settled({ a, c })
    await c[Symbol.asyncDispose]()
    await settled({ a })
  })

  it('give nothing away before what is in hand there has ended', async () => {
    let end: () => void = () => {}
    const inHand = new Promise<void>((resolve) => {
      end = resolve
    })
    const left: string[] = []
    const leave = (name: string): Promise<void> => {
      left.push(name)
      return inHand
    }
    const a = begin('a', { leave })
    await settled({ a })
    const b = begin('b')
    const moving = due('b', ['a', 'b'])
    await expect.poll(() => [...left].sort(), patience).toEqual([...moving].sort())
    expect([owned(a), owned(b)]).toEqual([due('a', ['a', 'b']), []])
    end()
    await settled({ a, b })
  })

  it('are heirs of one that is cut off, which knows that it is not in charge before they are', async () => {
    const proxy = await proxied()
    const a = begin('a', {}, etcdAt(`http://127.0.0.1:${proxy.port}`))
    await settled({ a })
    const b = begin('b')
    await settled({ a, b })
    proxy.setMode({ kind: 'blackhole' })
    const [first] = due('a', ['a', 'b'])
    let wasCertain = false
    await expect
      .poll(() => {
        // Both at the same moment: never two.
        wasCertain ||= a.uncertainty() === undefined && b.ownedSince(first ?? '') !== undefined
        return owned(b)
      }, patience)
      .toEqual(hypervisors)
    expect(wasCertain).toBe(false)
    // Why it has not answered is known when a question has run out of its time, which may be after the heir came.
    await expect
      .poll(() => a.uncertainty(), patience)
      .toMatch(/^etcd has not answered for \d+ s: another replica may be in charge, so nothing is begun here \(.+\)$/)
    await expect(a.claim('claims/x')).rejects.toThrow('etcd has not answered')
    proxy.setMode({ kind: 'pass' })
    proxy.cut()
    await settled({ a, b })
    await expect.poll(() => [a.trouble, a.uncertainty()], patience).toEqual([undefined, undefined])
  })

  it('go on with what they have when etcd comes back before the lease is over, and after a restart of it', async () => {
    const a = begin('a', { leaseSeconds: 6 })
    await settled({ a })
    const before = hypervisors.map((name) => a.ownedSince(name))
    await server.restart()
    await expect.poll(() => a.trouble, patience).toBeUndefined()
    await expect.poll(() => a.uncertainty(), patience).toBeUndefined()
    a.follow([...hypervisors, 'he99'])
    await expect.poll(() => a.ownedSince('he99'), patience).toBeGreaterThan(Math.max(...before.map(Number)))
    expect(hypervisors.map((name) => a.ownedSince(name))).toEqual(before)
  })

  it('are not two of one name', async () => {
    const one = begin('a')
    await settled({ a: one })
    const other = begin('a')
    await expect.poll(() => other.trouble?.because, patience).toMatch(/^another replica of this fleet is called a;/)
    expect(owned(other)).toEqual([])
  })

  it('change what belongs to a hypervisor only while it is theirs', async () => {
    const a = begin('a')
    await settled({ a })
    expect(await a.change([{ put: 'alerts/he0', value: 'one' }], ['he0'])).toBe(true)
    await expect.poll(() => a.picture.entries.get('alerts/he0')?.value, patience).toBe('one')
    const b = begin('b')
    await settled({ a, b })
    const [theirs = ''] = owned(b)
    expect(await a.change([{ put: `alerts/${theirs}`, value: 'late' }], [theirs])).toBe(false)
    expect(await b.change([{ put: `alerts/${theirs}`, value: 'heir' }], [theirs])).toBe(true)
  })

  it('claim a thing one at a time, and it is free again when the claimer is gone', async () => {
    const a = begin('a')
    const b = begin('b')
    await settled({ a, b })
    expect([await a.claim('claims/m1'), await b.claim('claims/m1')]).toEqual([true, false])
    await a[Symbol.asyncDispose]()
    await expect.poll(() => b.claim('claims/m1'), patience).toBe(true)
  })
})
