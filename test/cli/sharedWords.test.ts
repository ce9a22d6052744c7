import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createPeople, type People, shareCommands } from '../../controller/cli/people.ts'
import { createSharedMails } from '../../controller/cli/sharedMails.ts'
import type { Commands } from '../../controller/http/source.ts'
import { createMailer, type Mailer } from '../../controller/mail/mailer.ts'
import type { Mail } from '../../controller/model/mail.ts'
import type { Replica } from '../../controller/replicas/ports.ts'
import type { Logger } from '../../controller/report/log.ts'
import { createStore, type Store } from '../../controller/store/store.ts'
import { type SmtpCatcher, startSmtpCatcher } from '../lab/smtp-catcher.ts'
import { startTcpProxy, type TcpProxy } from '../lab/tcp-proxy.ts'
import { type EtcdServer, startEtcd } from '../replicas/etcd-server.ts'
import { silentLog } from '../replicas/log.ts'
import { etcdAt, replicaOf } from '../replicas/rig.ts'

let server: EtcdServer
let smtp: SmtpCatcher
let stack: AsyncDisposableStack
let fleet = 0
let folder: string

beforeAll(async () => {
  server = await startEtcd()
  smtp = await startSmtpCatcher()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await smtp[Symbol.asyncDispose]()
})
beforeEach(async () => {
  fleet++
  smtp.clear()
  await smtp.setMode('accept')
  folder = mkdtempSync(join(tmpdir(), 'reeve-shared-'))
  stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
})
afterEach(() => stack.disposeAsync())

const patience = { timeout: 15_000, interval: 20 }
const nowSeconds = (): number => Date.now() / 1000

interface Party {
  readonly replica: Replica
  readonly people: People
  readonly store: Store
  readonly mailer: Mailer
  readonly proxy: TcpProxy
  /** How often it heard of what people said. */
  readonly heard: { count: number }
}

/** One replica with the store, the spool and the mails of its own that a controller has. */
async function joined(name: string, dir = name): Promise<Party> {
  const proxy = stack.use(await startTcpProxy({ address: '127.0.0.1', port: server.port }))
  const etcd = stack.use(etcdAt(`http://127.0.0.1:${proxy.port}`, { timeoutMs: 700 }))
  const heard = { count: 0 }
  const store = stack.use(
    createStore({ path: join(folder, `${dir}.sqlite`), retentionSeconds: 1e6, maxEntries: 1000, log: silentLog, nowSeconds }),
  )
  const onChange = (keys: readonly string[]): void => {
    if (people.learn(keys)) heard.count++
    if (mailer) mails.offer(mailer)
  }
  let mailer: Mailer | undefined
  const replica = stack.use(replicaOf(etcd, name, { fleet: `words${fleet}`, onChange }))
  const people = createPeople(store, () => replica, silentLog as Logger)
  const mails = createSharedMails(replica, silentLog as Logger)
  mailer = stack.use(
    await createMailer({
      dir: join(folder, `mail-${dir}`),
      smarthost: {
        hubs: [{ host: '127.0.0.1', port: smtp.port, tls: 'none' }],
        from: `${name}@example.org`,
        to: ['ops@example.org'],
        timeoutMs: 5000,
      },
      retry: { firstSeconds: 0.2, maxSeconds: 1, giveUpSeconds: 1000 },
      log: silentLog,
      claims: mails.claims,
      nowSeconds,
    }),
  )
  mailer.start()
  replica.start()
  replica.follow(['he1'])
  await expect.poll(() => replica.picture.members.has(name), patience).toBe(true)
  return { replica, people, store, mailer, proxy, heard }
}

const mail = (id: string): Mail => ({ id, references: [], subject: `about ${id}`, text: 'text\n' })
const put = (id: string): { readonly put: string; readonly value: string } => ({
  put: `mails/${id}`,
  value: JSON.stringify({ slice: 'he1', mail: mail(id) }),
})
const sent = (): readonly string[] => smtp.mails.map(({ headers }) => headers['message-id']?.replace(/^<|@.*$/g, '') ?? '').sort()
const waiting = ({ replica }: Party): readonly string[] =>
  [...replica.picture.entries.keys()].filter((key) => /^(mails|claims)\//.test(key))
const ownerOf = (parties: readonly Party[]): Party | undefined => parties.find(({ replica }) => replica.ownedSince('he1') !== undefined)

describe('mails that several controllers could send', () => {
  it('are sent by whoever is in charge, once, and then are nowhere', async () => {
    const parties = [await joined('a'), await joined('b')]
    await expect.poll(() => ownerOf(parties), patience).toBeDefined()
    await parties[0]?.replica.change([put('m.1'), put('m.2')])
    await expect.poll(sent, patience).toEqual(['m.1', 'm.2'])
    for (const party of parties) await expect.poll(() => waiting(party), patience).toEqual([])
    const owner = ownerOf(parties)
    expect(await owner?.mailer.flush('all')).toBe(0)
    expect(sent()).toEqual(['m.1', 'm.2'])
  })

  it('that the mail server did not take are sent by the heir, and not by the one before when it is back', async () => {
    const parties = [await joined('a'), await joined('b')]
    await expect.poll(() => ownerOf(parties), patience).toBeDefined()
    const first = ownerOf(parties) as Party
    const other = parties.find((one) => one !== first) as Party
    await smtp.setMode('down')
    await first.replica.change([put('m.1')])
    await expect.poll(() => waiting(other), patience).toContain('mails/m.1')
    await expect.poll(() => first.mailer.flush('all'), patience).toBe(1)
    first.proxy.setMode({ kind: 'blackhole' })
    await expect.poll(() => other.replica.ownedSince('he1'), patience).toBeDefined()
    await smtp.setMode('accept')
    await expect.poll(sent, patience).toEqual(['m.1'])
    // Cut off, it lets the mail be; back again, it learns that it is over.
    expect(await first.mailer.flush('all')).toBe(1)
    first.proxy.setMode({ kind: 'pass' })
    first.proxy.cut()
    await expect.poll(() => first.mailer.flush('all'), patience).toBe(0)
    expect(sent()).toEqual(['m.1'])
  })

  it('that another life left in the spool are not sent again where they were sent meanwhile', async () => {
    await smtp.setMode('down')
    const a = await joined('a')
    await expect.poll(() => a.replica.ownedSince('he1'), patience).toBeDefined()
    await a.replica.change([put('m.1')])
    await expect.poll(() => waiting(a), patience).toContain('mails/m.1')
    await expect.poll(() => a.mailer.flush('all'), patience).toBe(1)
    await a.mailer[Symbol.asyncDispose]()
    await a.replica[Symbol.asyncDispose]()
    await smtp.setMode('accept')
    const b = await joined('b')
    await expect.poll(sent, patience).toEqual(['m.1'])
    await expect.poll(() => waiting(b), patience).toEqual([])
    const again = await joined('a', 'a')
    await expect.poll(() => again.mailer.flush('all'), patience).toBe(0)
    expect(sent()).toEqual(['m.1'])
  })

  it.each(['nonsense', '{}', '{"slice":"he1","mail":{"id":"m.2","references":[],"subject":"s","text":"t"}}'])(
    'that nobody can read are left alone: %j',
    async (value) => {
      const a = await joined('a')
      await expect.poll(() => a.replica.ownedSince('he1'), patience).toBeDefined()
      await a.replica.change([{ put: 'mails/m.1', value }, put('m.3')])
      await expect.poll(sent, patience).toEqual(['m.3'])
    },
  )
})

const silence = (id: string) => ({
  id,
  hypervisor: 'he1',
  reason: 'work',
  givenBy: 'ada',
  fromSeconds: nowSeconds(),
  untilSeconds: nowSeconds() + 900,
})
const suspension = { hypervisor: 'he1', reason: 'work', givenBy: 'ada', fromSeconds: 1, untilSeconds: 4e9 }

describe('what people say to one of several controllers', () => {
  it('is heard by all, and ends for all', async () => {
    const [a, b] = [await joined('a'), await joined('b')]
    a.people.store.approve('0123456789abcdef', 'ada')
    a.people.store.silence(silence('s1'))
    a.people.store.suspend(suspension)
    await a.people.flush()
    await expect
      .poll(() => b.store.approvals().map(({ hash, givenBy }) => `${hash} ${givenBy}`), patience)
      .toEqual(['0123456789abcdef ada'])
    await expect.poll(() => b.store.silences().map(({ id }) => id), patience).toEqual(['s1'])
    await expect.poll(() => b.store.suspensions(), patience).toEqual([suspension])
    expect(b.heard.count).toBeGreaterThan(0)
    b.people.store.withdraw('0123456789abcdef')
    b.people.store.endSilence('s1')
    b.people.store.resume(suspension)
    await b.people.flush()
    await expect.poll(() => [a.store.approvals(), a.store.silences(), a.store.suspensions()], patience).toEqual([[], [], []])
  })

  it('is not taken back by whoever deletes all keys in etcd: it is there again, and what ends later ends for all', async () => {
    const [a, b] = [await joined('a'), await joined('b')]
    a.people.store.suspend(suspension)
    a.people.store.silence(silence('s1'))
    await a.people.flush()
    await expect.poll(() => [b.store.suspensions(), b.store.silences().length], patience).toEqual([[suspension], 1])
    const etcd = stack.use(etcdAt(server.url))
    const { entries } = await etcd.read(`/reeve/words${fleet}/`)
    const all = entries.map(({ key }) => ({ delete: key }))
    const [gone] = await etcd.transact([{ when: [], changes: all }])
    const words = ['people/suspension/he1', 'people/silence/s1', 'people/began']
    const found = ({ replica }: Party): readonly boolean[] =>
      words.map((key) => (replica.picture.entries.get(key)?.createRevision ?? 0) > (gone?.revision ?? Number.NaN))
    for (const party of [a, b]) await expect.poll(() => found(party), patience).toEqual([true, true, true])
    await expect.poll(() => ownerOf([a, b]), patience).toBeDefined()
    for (const { store } of [a, b]) expect([store.suspensions(), store.silences().length]).toEqual([[suspension], 1])
    b.people.store.resume(suspension)
    await b.people.flush()
    await expect.poll(() => a.store.suspensions(), patience).toEqual([])
  })

  it('before there were several comes along with the first, and the next ones take what is there', async () => {
    const path = { retentionSeconds: 1e6, maxEntries: 1000, log: silentLog, nowSeconds }
    for (const [name, id] of [
      ['a', 'from-a'],
      ['b', 'from-b'],
    ] as const) {
      using before = createStore({ path: join(folder, `${name}.sqlite`), ...path })
      before.silence(silence(id))
    }
    const a = await joined('a')
    await expect.poll(() => a.replica.picture.entries.has('people/silence/from-a'), patience).toBe(true)
    const b = await joined('b')
    await expect.poll(() => b.store.silences().map(({ id }) => id), patience).toEqual(['from-a'])
    expect(a.store.silences().map(({ id }) => id)).toEqual(['from-a'])
  })

  it('is answered with what is true: that the others cannot be told', async () => {
    const a = await joined('a')
    const commands = {
      silence: () => {
        a.people.store.silence(silence('s1'))
        return { ok: true, message: 'silence s1' }
      },
      approve: () => ({ ok: false, message: 'nothing that is withheld now has the hash' }),
    } as unknown as Commands
    const shared = shareCommands(commands, a.people, () => Promise.resolve())
    expect(await shared.silence({} as never)).toEqual({ ok: true, message: 'silence s1' })
    expect(await shared.approve('fedcba9876543210', 'ada')).toMatchObject({
      ok: true,
      message: expect.stringContaining('the others look now'),
    })
    await expect.poll(() => a.replica.picture.entries.has('people/approval/fedcba9876543210'), patience).toBe(true)
    a.proxy.setMode({ kind: 'refuse' })
    a.proxy.cut()
    expect(await shared.silence({} as never)).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^it holds on this replica alone, for the others cannot be told: /),
    })
  })

  it.each(['nonsense', '[]', '{"id":"s1"}', '{"fromSeconds":"x","untilSeconds":1,"reason":1}'])(
    'is not taken from words that make no sense: %j',
    async (value) => {
      const a = await joined('a')
      await a.replica.change([
        { put: 'people/silence/s1', value },
        { put: 'people/suspension/hypervisor he1', value },
        { put: 'people/approval/x', value },
        { put: 'people/silence/s2', value: JSON.stringify(silence('s2')) },
      ])
      await expect.poll(() => a.store.silences().map(({ id }) => id), patience).toEqual(['s2'])
      expect([a.store.suspensions(), a.store.approvals()]).toEqual([[], []])
    },
  )
})
