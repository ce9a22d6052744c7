import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSharedAlerting } from '../../controller/cli/sharedAlerting.ts'
import { createSharedMails } from '../../controller/cli/sharedMails.ts'
import { sharedAlertsOf } from '../../controller/cli/sharedSlices.ts'
import type { Claims, Mailer } from '../../controller/mail/mailer.ts'
import type { HypervisorName } from '../../controller/model/ids.ts'
import type { Mail } from '../../controller/model/mail.ts'
import type { Etcd } from '../../controller/replicas/etcd.ts'
import type { Replica, ReplicaDeps } from '../../controller/replicas/ports.ts'
import { rendezvous } from '../../controller/replicas/rendezvous.ts'
import type { Logger } from '../../controller/report/log.ts'
import type { Store } from '../../controller/store/store.ts'
import { type EtcdServer, startEtcd } from '../replicas/etcd-server.ts'
import { silentLog } from '../replicas/log.ts'
import { etcdAt, replicaOf } from '../replicas/rig.ts'

let stack = new AsyncDisposableStack()
let server: EtcdServer
beforeEach(async () => {
  server = stack.use(await startEtcd())
})
afterEach(async () => {
  await stack.disposeAsync()
  stack = new AsyncDisposableStack()
})

const hypervisors = Array.from({ length: 12 }, (_, index) => `he${index}`)
/** What a alone is in charge of first, and gives to b. */
const moving = hypervisors.find((name) => rendezvous(name, ['a', 'b']) === 'b') ?? ''
const patience = { timeout: 15_000, interval: 20 }
const mail: Mail = { id: 'm.1', references: [], subject: 'about m.1', text: 'text\n' }

function begin(name: string, more: Partial<ReplicaDeps> = {}, etcd: Etcd = stack.use(etcdAt(server.url))): Replica {
  const replica = stack.use(replicaOf(etcd, name, more))
  replica.start()
  replica.follow(hypervisors)
  return replica
}

/** On a machine that is slow for a moment a replica is not certain to be in charge, and says that it waits. */
const said = (claims: Claims, what: 'send' | 'drop') => expect.poll(() => claims.take(mail), patience).toBe(what)

/** a is in charge, has claimed the mail, and is about to send it. */
async function claimedByA() {
  const replica = begin('a')
  await expect.poll(() => replica.ownedSince(moving), patience).toBeDefined()
  await replica.change([{ put: 'mails/m.1', value: JSON.stringify({ slice: moving, mail }) }], [moving])
  await expect.poll(() => replica.picture.entries.has('mails/m.1'), patience).toBe(true)
  const { claims } = createSharedMails(replica, silentLog as Logger)
  await said(claims, 'send')
  return { replica, claims }
}

/** b joins, and is given its share in order: a lives on. */
async function heirOf(a: Replica) {
  const replica = begin('b')
  await expect.poll(() => replica.ownedSince(moving), patience).toBeDefined()
  await expect.poll(() => a.isHolder(moving), patience).toBe(false)
  return createSharedMails(replica, silentLog as Logger).claims
}

it('a mail that could not be sent is not claimed any more: the heir need not wait for the next attempt', async () => {
  const { replica, claims } = await claimedByA()
  await claims.release(mail)
  const heir = await heirOf(replica)
  await said(heir, 'send')
  await said(claims, 'drop')
}, 60_000)

it('a claim that could not be given up is, once it is seen that the mail is another one’s', async () => {
  const { replica, claims } = await claimedByA()
  const heir = await heirOf(replica)
  expect(await heir.take(mail)).toBe('wait')
  await said(claims, 'drop')
  await said(heir, 'send')
}, 60_000)

it('a mail that etcd took, though its answer was lost, is not put there again once it was sent', async () => {
  const inner = stack.use(etcdAt(server.url))
  let losesNext = true
  const etcd: Etcd = {
    ...inner,
    async transact(parts) {
      const outcomes = await inner.transact(parts)
      const isOfMail = parts.some(({ changes }) => changes.some((change) => 'put' in change && change.put.includes('/mails/')))
      if (!isOfMail || !losesNext) return outcomes
      losesNext = false
      // Long enough for the mail to be sent meanwhile.
      await expect.poll(() => [sent.length, replica.picture.entries.has(`mails/${sent[0]}`)], patience).toEqual([1, false])
      throw new Error('etcd gave no answer within 1667 ms')
    },
  }
  const sent: string[] = []
  const replica: Replica = begin(
    'a',
    { onChange: (keys) => void (keys.some((key) => key.startsWith('mails/')) && mails.offer(mailer)) },
    etcd,
  )
  const mails = createSharedMails(replica, silentLog as Logger)
  const mailer = {
    async submit(one: Mail) {
      if ((await mails.claims.take(one)) !== 'send') return
      sent.push(one.id)
      await mails.claims.settle(one)
    },
  } as unknown as Mailer
  await expect.poll(() => replica.ownedSince('he1'), patience).toBeDefined()
  const settings = {
    ...{ graceSeconds: {}, settleSeconds: 600, keepFiringSeconds: 0, groupWaitSeconds: 0, groupIntervalSeconds: 600 },
    repeatSeconds: { critical: 3600, warning: 3600 },
  }
  const store = { record() {} } as unknown as Store
  const alerting = createSharedAlerting({ log: silentLog as Logger, store, settings, shared: sharedAlertsOf(replica), silences: () => [] })
  const atSeconds = Date.now() / 1000
  await alerting.handle({ type: 'hostFailed', hypervisor: 'he1' as HypervisorName, kind: 'error', message: 'no route', atSeconds })
  for (let later = 1; later < 6; later++) await alerting.handle({ type: 'tick', atSeconds: atSeconds + later })
  expect(losesNext).toBe(false)
  // What a tick put there again would be sent by now.
  await replica.change([{ put: 'wake/he1', value: 'x' }])
  await expect.poll(() => replica.picture.entries.has('wake/he1'), patience).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(sent).toHaveLength(1)
}, 60_000)
